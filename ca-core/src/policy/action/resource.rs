//! What acts are done to.

use std::fmt;

use crate::x509::SerialNumber;

/// The object of an act.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// The installation as a whole.
    Installation,
    /// An ACME endpoint, by name.
    Endpoint(String),
    /// An ACME account.
    Account {
        /// Name of its endpoint.
        endpoint: String,
        /// Id of the account.
        account: String,
    },
    /// An external account binding (RFC 8555 §7.3.4).
    ExternalAccount {
        /// Name of its endpoint.
        endpoint: String,
        /// Its key identifier.
        kid: String,
    },
    /// A CA certificate with its key, by the authority's name.
    Issuer(String),
    /// A certificate that was issued, or whose serial is already taken for it.
    Certificate {
        /// Name of the authority that issued it.
        issuer: String,
        /// Its serial number.
        serial: SerialNumber,
    },
    /// An HSM, by name.
    Hsm(String),
    /// A person who may sign in, by sign-in name.
    Operator(String),
    /// A request that people approve, by id.
    IssuanceRequest(String),
    /// A signing profile, by name.
    SigningProfile(String),
    /// A request for signatures, by id.
    SigningRequest(String),
    /// A grant to sign with a profile's key, by id.
    SigningGrant(String),
    /// A time-stamping authority, by name.
    Tsa(String),
}

impl Resource {
    /// The entity type of the schema.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Installation => "Installation",
            Self::Endpoint(_) => "Endpoint",
            Self::Account { .. } => "AcmeAccount",
            Self::ExternalAccount { .. } => "ExternalAccount",
            Self::Issuer(_) => "Issuer",
            Self::Certificate { .. } => "Certificate",
            Self::Hsm(_) => "Hsm",
            Self::Operator(_) => "Operator",
            Self::IssuanceRequest(_) => "IssuanceRequest",
            Self::SigningProfile(_) => "SigningProfile",
            Self::SigningRequest(_) => "SigningRequest",
            Self::SigningGrant(_) => "SigningGrant",
            Self::Tsa(_) => "Tsa",
        }
    }

    /// The entity id of the schema, unique among resources of one kind.
    pub fn id(&self) -> String {
        match self {
            Self::Installation => "signet".to_owned(),
            Self::Endpoint(name) | Self::Issuer(name) | Self::Hsm(name) => name.clone(),
            Self::Operator(name) | Self::IssuanceRequest(name) | Self::SigningProfile(name) => name.clone(),
            Self::SigningRequest(id) | Self::SigningGrant(id) => id.clone(),
            Self::Tsa(name) => name.clone(),
            Self::Account { endpoint, account } => format!("{endpoint}/{account}"),
            Self::ExternalAccount { endpoint, kid } => format!("{endpoint}/{kid}"),
            Self::Certificate { issuer, serial } => format!("{issuer}/{serial}"),
        }
    }
}

/// `Certificate:issuing/0abc01`, the form of audit rows.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_written_as_kind_and_id() {
        let serial = SerialNumber::from_octets(&[0x0a, 0xbc]).ok();
        let certificate = serial.map(|serial| Resource::Certificate { issuer: "issuing".into(), serial });
        assert_eq!(certificate.map(|c| c.to_string()).as_deref(), Some("Certificate:issuing/0abc"));
        assert_eq!(Resource::Installation.to_string(), "Installation:signet");
        let account = Resource::Account { endpoint: "acme".into(), account: "1".into() };
        assert_eq!(account.to_string(), "AcmeAccount:acme/1");
    }
}
