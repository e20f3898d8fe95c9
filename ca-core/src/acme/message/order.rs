//! Orders (RFC 8555 §7.1.3, §7.4).

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{WireIdentifier, der_member};
use crate::acme::Problem;
use crate::acme::order::OrderStatus;
use crate::time::UnixTime;

/// The payload of newOrder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewOrder {
    /// The names wanted.
    pub identifiers: Vec<WireIdentifier>,
    /// First moment of validity wanted, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Last moment of validity wanted, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
}

impl NewOrder {
    /// The wanted `notBefore` and `notAfter`, each if given.
    ///
    /// # Errors
    /// `malformed` for text that is no RFC 3339 date and time, or an end that does not lie after the beginning.
    pub fn validity(&self) -> Result<(Option<UnixTime>, Option<UnixTime>), Problem> {
        let not_before = self.not_before.as_deref().map(|text| parse_time("notBefore", text)).transpose()?;
        let not_after = self.not_after.as_deref().map(|text| parse_time("notAfter", text)).transpose()?;
        match (not_before, not_after) {
            (Some(start), Some(end)) if end <= start => Err(Problem::malformed("notAfter must lie after notBefore")),
            times => Ok(times),
        }
    }
}

/// The order object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderObject {
    /// Its status.
    pub status: OrderStatus,
    /// When it ends, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The names wanted.
    pub identifiers: Vec<WireIdentifier>,
    /// First moment of validity wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Last moment of validity wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
    /// Why the order became invalid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// URLs of the authorizations.
    pub authorizations: Vec<String>,
    /// URL for the CSR.
    pub finalize: String,
    /// URL of the certificate, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// The payload of finalize.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finalize {
    /// PKCS #10 request: DER in base64url.
    pub csr: String,
}

impl Finalize {
    /// The request's DER.
    ///
    /// # Errors
    /// `malformed` when it is not base64url, for instance PEM.
    pub fn csr_der(&self) -> Result<Vec<u8>, Problem> {
        der_member("csr", &self.csr)
    }
}

fn parse_time(member: &str, text: &str) -> Result<UnixTime, Problem> {
    let rule = |_| {
        Problem::malformed(format!(
            "{member} must be a date and time as RFC 3339 writes it, 2026-01-31T12:00:00Z for instance"
        ))
    };
    OffsetDateTime::parse(text, &Rfc3339).map(|time| UnixTime::from_seconds(time.unix_timestamp())).map_err(rule)
}
