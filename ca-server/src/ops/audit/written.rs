//! An event as others read it: one object of the API, one line of a file.

use std::collections::BTreeMap;

use ca_core::time::UnixMicros;
use serde::Serialize;
use utoipa::ToSchema;

use super::search::Event;

/// An act that was permitted and done, or denied, with everything that was written down about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct Written {
    /// Its id
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    id: String,
    /// When it happened
    #[schema(format = "date-time", example = "2026-03-01T12:00:00.250031Z")]
    at: String,
    /// Who did it
    #[schema(example = "Operator:ann")]
    actor: String,
    /// Roles that they had
    #[schema(example = json!(["security-officer"]))]
    roles: Vec<String>,
    /// What was done
    #[schema(example = "RevokeCertificate")]
    action: String,
    /// What it was done to
    #[schema(example = "certificate issuing/0af1c2")]
    object: String,
    /// The same as policies see it
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Certificate:issuing/0af1c2")]
    entity: Option<String>,
    /// Names that it was about
    #[schema(example = json!(["dns:www.example.org"]))]
    names: Vec<String>,
    /// What else the policies could look at
    #[schema(value_type = Object)]
    attributes: serde_json::Value,
    /// Whether it was denied, and so not done
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    denied: bool,
    /// Ids of the policies that permitted it; of an act that was denied, of those that forbade it
    #[schema(example = json!(["role-security-officer"]))]
    policies: Vec<String>,
    /// SHA-256 of the policy set
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_set: Option<String>,
    /// Where the request came from: an address, or the command line
    #[schema(example = "192.0.2.7")]
    origin: String,
    /// The request that it belongs to, as in the server's log
    request: String,
    /// For an issuance, the SHA-256 of the certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_sha256: Option<String>,
    /// What else there is to tell, by name
    #[schema(example = json!({"reason": "keyCompromise"}))]
    details: BTreeMap<String, String>,
    /// RFC 9162 §2.1.1: SHA-256 of a zero octet and the canonical form
    #[schema(pattern = "^[0-9a-f]{64}$")]
    leaf_hash: String,
}

impl From<Event> for Written {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            at: moment(event.at),
            actor: event.actor,
            roles: event.roles,
            action: event.action,
            object: event.object,
            entity: event.entity,
            names: event.identifiers,
            attributes: event.attributes,
            denied: event.denied,
            policies: event.policies,
            policy_set: event.policy_set,
            origin: event.origin,
            request: event.request_id,
            certificate_sha256: event.certificate_sha256,
            details: event.details,
            leaf_hash: hexadecimal(&event.leaf_hash),
        }
    }
}

/// RFC 3339 in UTC to the microsecond: events of one second keep their order.
fn moment(at: UnixMicros) -> String {
    let second = at.to_unix_time().to_string();
    format!("{}.{:06}Z", second.trim_end_matches('Z'), at.micros().rem_euclid(1_000_000))
}

/// Lower-case digits.
pub fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Formats of a file of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    JsonLines,
    /// RFC 4180, with a line of column names.
    Csv,
}

impl Format {
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What a file's name ends with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// What stands before the first event.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn head(self) -> Result<Vec<u8>, FileError> {
        match self {
            Self::JsonLines => Ok(Vec::new()),
            Self::Csv => csv([COLUMNS.map(str::to_owned)]),
        }
    }

    /// The lines of these events.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn lines(self, events: Vec<Event>) -> Result<Vec<u8>, FileError> {
        let events = events.into_iter().map(Written::from);
        match self {
            Self::JsonLines => json_lines(events),
            Self::Csv => csv(events.map(cells)),
        }
    }
}

/// Events that could not be written down.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// As JSON.
    #[error("the events cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// As CSV.
    #[error("the events cannot be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}

fn json_lines(events: impl Iterator<Item = Written>) -> Result<Vec<u8>, FileError> {
    let mut lines = Vec::new();
    for event in events {
        serde_json::to_writer(&mut lines, &event)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

const COLUMNS: [&str; 16] = [
    "id",
    "at",
    "actor",
    "roles",
    "action",
    "object",
    "entity",
    "names",
    "attributes",
    "policies",
    "policy_set",
    "origin",
    "request",
    "certificate_sha256",
    "details",
    "leaf_hash",
];

/// In the order of [`COLUMNS`]: lists with a space between, objects as JSON.
fn cells(event: Written) -> [String; 16] {
    let details = serde_json::to_string(&event.details).unwrap_or_default();
    let cells = [
        event.id,
        event.at,
        event.actor,
        event.roles.join(" "),
        event.action,
        event.object,
        event.entity.unwrap_or_default(),
        event.names.join(" "),
        event.attributes.to_string(),
        event.policies.join(" "),
        event.policy_set.unwrap_or_default(),
        event.origin,
        event.request,
        event.certificate_sha256.unwrap_or_default(),
        details,
        event.leaf_hash,
    ];
    cells.map(inert)
}

/// Spreadsheets take a cell that begins like this for a formula. What others wrote must stay text.
fn inert(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

fn csv(rows: impl IntoIterator<Item = [String; 16]>) -> Result<Vec<u8>, FileError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(&row)?;
    }
    writer.into_inner().map_err(|error| FileError::Csv(error.into_error().into()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn event(object: &str) -> Event {
        Event {
            id: "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10".into(),
            at: UnixMicros::from_micros(1_700_000_000_000_031),
            actor: "Operator:ann".into(),
            roles: vec!["auditor".into(), "operator".into()],
            action: "RevokeCertificate".into(),
            object: object.into(),
            entity: None,
            identifiers: vec!["dns:a.example.org".into()],
            attributes: serde_json::json!({"n": 1}),
            denied: false,
            policies: vec!["role-operator".into()],
            policy_set: None,
            origin: "192.0.2.7".into(),
            request_id: "r-1".into(),
            certificate_sha256: None,
            details: BTreeMap::from([("reason".into(), "a \"quoted\"\nline".into())]),
            leaf_hash: [0xab; 32],
            canonical: "{}".into(),
        }
    }

    fn text(format: Format, object: &str) -> String {
        let mut file = format.head().unwrap();
        file.extend(format.lines(vec![event(object)]).unwrap());
        String::from_utf8(file).unwrap()
    }

    #[test]
    fn a_line_is_one_object() {
        let text = text(Format::JsonLines, "crl issuing/0");
        assert_eq!(text.matches('\n').count(), 1);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&value["at"], &value["object"]), (&"2023-11-14T22:13:20.000031Z".into(), &"crl issuing/0".into()));
        assert!(value.get("entity").is_none());
    }

    #[test]
    fn csv_has_the_names_of_the_same_members() {
        let text = text(Format::Csv, "crl issuing/0");
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
        let full = Event { entity: Some("x".into()), policy_set: Some("x".into()), ..event("x") };
        let full = Event { certificate_sha256: Some("x".into()), ..full };
        let object = serde_json::to_value(Written::from(full)).unwrap();
        let mut members: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        assert_eq!(sorted, members);
        let row = rows.records().next().unwrap().unwrap();
        assert_eq!(row.get(14), Some("{\"reason\":\"a \\\"quoted\\\"\\nline\"}"));
        assert!(rows.records().next().is_none());
    }

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            let text = text(Format::Csv, formula);
            let mut rows = csv::Reader::from_reader(text.as_bytes());
            let row = rows.records().next().unwrap().unwrap();
            assert_eq!(row.get(5), Some(format!("'{formula}").as_str()));
        }
    }
}
