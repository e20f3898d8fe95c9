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

/// `dns:www.example.org`.
impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind, self.value)
    }
}
