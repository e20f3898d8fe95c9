//! Names of certificates and orders.

use super::NameKind;

/// An identifier of an order or a subject alternative name of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// What it names.
    pub kind: NameKind,
    /// The normalised text: lower case for DNS names, RFC 5952 for IPv6.
    pub value: String,
}
