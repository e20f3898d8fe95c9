//! What is sent and received, as far as this client reads it. Unknown fields are passed over: servers may be newer.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::provenance::Provenance;

/// `POST /requests`.
#[derive(Debug, Serialize)]
pub(crate) struct NewRequest<'a> {
    pub(crate) profile: &'a str,
    pub(crate) format: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'a str>,
    pub(crate) items: Vec<NewItem<'a>>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Provenance::is_empty")]
    pub(crate) provenance: &'a Provenance,
}

/// One artifact of it.
#[derive(Debug, Serialize)]
pub(crate) struct NewItem<'a> {
    pub(crate) name: &'a str,
    pub(crate) alg: &'a str,
    /// Lower-case hexadecimal.
    pub(crate) digest: String,
    pub(crate) size: u64,
    pub(crate) file_sha256: String,
}

/// A signing request as the server shows it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Request {
    #[serde(deserialize_with = "uuid")]
    pub(crate) id: String,
    pub(crate) state: State,
    pub(crate) profile: String,
    pub(crate) format: String,
    pub(crate) digest_set: String,
    #[serde(default)]
    pub(crate) items: u64,
    #[serde(default)]
    pub(crate) signed: u64,
    #[serde(default)]
    pub(crate) approvals: Approvals,
    #[serde(default)]
    pub(crate) expires_at: Option<String>,
    #[serde(default)]
    pub(crate) failure: Option<RequestFailure>,
    #[serde(default)]
    pub(crate) ui: Option<String>,
    /// In answers to `POST /requests` only.
    #[serde(default)]
    pub(crate) request_token: Option<String>,
}

/// Ids stand in paths, files and outputs of CIs: a UUID in its usual form (RFC 9562 §4) and nothing else.
fn uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text.bytes().all(|octet| octet == b'-' || octet.is_ascii_hexdigit());
    if lengths == [8, 4, 4, 4, 12] && digits {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(D::Error::custom("the id of the request is no UUID"))
    }
}

/// Votes that are needed and there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Approvals {
    #[serde(default)]
    pub(crate) need: u64,
    #[serde(default)]
    pub(crate) have: u64,
}

/// Why there is no signature.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RequestFailure {
    pub(crate) detail: String,
    #[serde(default)]
    pub(crate) retryable: bool,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Received,
    PendingApproval,
    Approved,
    Signing,
    Signed,
    Denied,
    Rejected,
    Expired,
    Cancelled,
    Failed,
    /// A newer server's word.
    #[serde(other)]
    Unknown,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Received => "received",
            Self::PendingApproval => "waits for approval",
            Self::Approved => "approved",
            Self::Signing => "being signed",
            Self::Signed => "signed",
            Self::Denied => "denied by policy",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Unknown => "in a state that this version does not know",
        })
    }
}

/// `GET /requests/{id}/items`.
#[derive(Debug, Deserialize)]
pub(crate) struct Items {
    pub(crate) items: Vec<Item>,
    #[serde(default)]
    pub(crate) next: Option<serde_json::Value>,
}

/// One artifact of a request.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Item {
    pub(crate) n: u64,
    pub(crate) name: String,
    pub(crate) alg: String,
    pub(crate) digest: String,
    /// Of the whole file, as whoever asked said.
    #[serde(default)]
    pub(crate) file_sha256: Option<String>,
    /// When its certificate was revoked.
    #[serde(default)]
    pub(crate) withdrawn: Option<String>,
}

/// RFC 9457, with what a denial adds.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Problem {
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) detail: Option<String>,
    #[serde(default)]
    pub(crate) rules: Vec<BrokenRule>,
}

/// A rule of the profile that this caller did not meet.
#[derive(Debug, Deserialize)]
pub(crate) struct BrokenRule {
    #[serde(default)]
    pub(crate) rule: String,
    #[serde(default)]
    pub(crate) claim: Option<String>,
    #[serde(default)]
    pub(crate) expected: Option<serde_json::Value>,
    #[serde(default)]
    pub(crate) got: Option<serde_json::Value>,
}

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}", self.rule)?;
        if let Some(claim) = &self.claim {
            write!(f, ": {claim}")?;
        }
        // What it has to be is not told to jobs of another owner at a CI where anybody may have some.
        match (&self.expected, &self.got) {
            (Some(expected), Some(got)) => write!(f, " has to be {} and is {}", text(expected), text(got)),
            (Some(expected), None) => write!(f, " has to be {}", text(expected)),
            (None, Some(got)) => write!(f, " may not be {}", text(got)),
            (None, None) => Ok(()),
        }
    }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid() {
        let read = |id: &str| {
            let request =
                serde_json::json!({ "id": id, "state": "signed", "profile": "p", "format": "raw", "digest_set": "" });
            serde_json::from_value::<Request>(request).map(|request| request.id).map_err(|error| error.to_string())
        };
        let id = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10";
        assert_eq!(read(&id.to_uppercase()), Ok(id.to_owned()));
        for text in ["", "1", "../x", &id[1..], &format!("{id}\n"), &id.replace('a', "g"), &id.replace('-', "0")] {
            assert_eq!(read(text), Err("the id of the request is no UUID".to_owned()));
        }
    }
}
