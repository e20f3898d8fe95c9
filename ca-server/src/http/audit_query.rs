//! The filter of the audit trail as addresses spell it: the same for its page, its files and the API.

use ca_core::time::UnixTime;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::ops::audit::Filter;
use crate::ops::instant;

/// What the audit trail is narrowed to; all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct AuditQuery {
    /// Who, as `Operator:ann` or `AcmeAccount:acme/019a…`; a bare name is an operator's
    #[param(max_length = 300)]
    pub(in crate::http) actor: Option<String>,
    /// The act, such as `RevokeCertificate`
    #[param(max_length = 300)]
    pub(in crate::http) action: Option<String>,
    /// What it was done to, exactly as an event says it: `certificate issuing/0af1c2`, `order 019a…`, `Operator:ann`
    #[param(max_length = 300)]
    pub(in crate::http) object: Option<String>,
    /// Events of one request, by its id
    #[param(max_length = 300)]
    pub(in crate::http) request: Option<String>,
    /// Not before: a date, an RFC 3339 time, or how long ago, such as `7d`
    #[param(max_length = 300)]
    pub(in crate::http) since: Option<String>,
    /// Before
    #[param(max_length = 300)]
    pub(in crate::http) until: Option<String>,
}

/// A part of a query that cannot be read: which, and what is right.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {rule}")]
pub(in crate::http) struct InvalidQuery {
    name: &'static str,
    rule: String,
}

/// Longest part of a query, in characters.
const LONGEST: usize = 300;

impl AuditQuery {
    /// The filter.
    ///
    /// # Errors
    /// [`InvalidQuery`] with the first part that cannot be read.
    pub(in crate::http) fn filter(&self, now: UnixTime) -> Result<Filter, InvalidQuery> {
        Ok(Filter {
            actor: text("actor", &self.actor)?,
            action: text("action", &self.action)?,
            object: text("object", &self.object)?,
            request_id: text("request", &self.request)?,
            since: moment("since", &self.since, now)?,
            until: moment("until", &self.until, now)?,
        })
    }
}

fn text(name: &'static str, part: &Option<String>) -> Result<Option<String>, InvalidQuery> {
    let given = part.as_deref().map(str::trim).filter(|text| !text.is_empty());
    match given {
        Some(text) if text.chars().count() > LONGEST => {
            Err(InvalidQuery { name, rule: format!("it has more than {LONGEST} characters") })
        }
        // PostgreSQL knows no NUL in a text.
        given => Ok(given.map(|text| text.replace('\0', "\u{fffd}"))),
    }
}

fn moment(name: &'static str, part: &Option<String>, now: UnixTime) -> Result<Option<UnixTime>, InvalidQuery> {
    let at = |text: String| instant::parse_past(&text, now);
    text(name, part)?.map(at).transpose().map_err(|fault| InvalidQuery { name, rule: fault.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::from_seconds(864_000);

    #[test]
    fn a_duration_is_so_long_ago() {
        let since = |text: &str| AuditQuery { since: Some(text.into()), ..AuditQuery::default() }.filter(NOW);
        let seconds = |text| since(text).ok().and_then(|filter| filter.since).map(UnixTime::seconds);
        assert_eq!(seconds("1d"), Some(777_600));
        assert_eq!(seconds("1970-01-02"), Some(86_400));
        assert_eq!(since(" ").ok().map(|filter| filter.since), Some(None));
        let fault = since("yesterday").map(|_| ()).map_err(|fault| fault.to_string());
        assert!(fault.is_err_and(|text| text.starts_with("since: \"yesterday\" is no moment")));
    }

    #[test]
    fn what_is_too_long_is_named() {
        let query = AuditQuery { object: Some("a".repeat(301)), ..AuditQuery::default() };
        assert!(query.filter(NOW).is_err_and(|fault| fault.to_string().starts_with("object: ")));
    }
}
