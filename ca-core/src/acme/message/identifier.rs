//! `{"type": "dns", "value": "www.example.org"}` (RFC 8555 §7.1.4, RFC 8738 §3).

use serde::{Deserialize, Serialize};

/// An identifier as written: [`Identifier::parse`](crate::acme::Identifier::parse) judges it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireIdentifier {
    /// `dns` or `ip`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The name or address.
    pub value: String,
}
