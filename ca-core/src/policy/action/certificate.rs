//! Acts on certificates outside an ACME order.

use std::time::Duration;

use super::{Action, Attribute, Resource, Value};
use crate::x509::{GeneralName, KeyAlgorithm, SerialNumber};

/// Issuing a certificate on an administrator's word or for the server's own listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueCertificate {
    /// Name of the authority that issues.
    pub issuer: String,
    /// Name of the certificate profile.
    pub profile: String,
    /// Whether the certificate is one of a CA.
    pub certification_authority: bool,
    /// The subject as RFC 4514 text, empty when it is empty.
    pub subject: String,
    /// Subject alternative names; empty when the certificate binds only its subject.
    pub identifiers: Vec<GeneralName>,
    /// Type of the subject's key.
    pub key_algorithm: KeyAlgorithm,
    /// Validity with both ends counted.
    pub validity: Duration,
}

impl Action for IssueCertificate {
    const NAME: &'static str = "IssueCertificate";

    fn resource(&self) -> Resource {
        Resource::Issuer(self.issuer.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("profile", Value::Text(self.profile.clone())),
            ("certification_authority", Value::Flag(self.certification_authority)),
            ("subject", Value::Text(self.subject.clone())),
            ("key_algorithm", Value::Text(self.key_algorithm.to_string())),
            ("validity_seconds", Value::seconds(self.validity)),
        ]
    }

    fn identifiers(&self) -> &[GeneralName] {
        &self.identifiers
    }
}

/// Why someone may ask for a revocation (RFC 8555 §7.6); established before the question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationGround {
    /// The certificate was issued to the account that asks.
    IssuedToAccount,
    /// The account holds valid authorizations for every name of the certificate.
    HoldsAuthorizations,
    /// The request is signed with the certificate's key.
    HoldsKey,
    /// An operator or the local administrator asks.
    Administration,
}

impl RevocationGround {
    /// The text that policies compare with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IssuedToAccount => "issued-to-account",
            Self::HoldsAuthorizations => "holds-authorizations",
            Self::HoldsKey => "holds-key",
            Self::Administration => "administration",
        }
    }
}

/// Revoking a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeCertificate {
    /// Name of the authority that issued it.
    pub issuer: String,
    /// Serial number of the certificate.
    pub serial: SerialNumber,
    /// Name of the profile it was issued under.
    pub profile: String,
    /// Whether the certificate is one of a CA.
    pub certification_authority: bool,
    /// Reason by its name in RFC 5280 §5.3.1, such as `keyCompromise`.
    pub reason: String,
    /// Whether the key is refused from now on.
    pub block_key: bool,
    /// What entitles the actor to ask.
    pub ground: RevocationGround,
}

impl Action for RevokeCertificate {
    const NAME: &'static str = "RevokeCertificate";

    fn resource(&self) -> Resource {
        Resource::Certificate { issuer: self.issuer.clone(), serial: self.serial.clone() }
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("profile", Value::Text(self.profile.clone())),
            ("certification_authority", Value::Flag(self.certification_authority)),
            ("reason", Value::Text(self.reason.clone())),
            ("block_key", Value::Flag(self.block_key)),
            ("ground", Value::Text(self.ground.as_str().to_owned())),
        ]
    }
}

/// Signing again the bytes of an intent whose owner is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeIssuance {
    /// Name of the authority that issues.
    pub issuer: String,
    /// Serial number taken by the intent.
    pub serial: SerialNumber,
    /// Name of the certificate profile.
    pub profile: String,
}

impl Action for ResumeIssuance {
    const NAME: &'static str = "ResumeIssuance";

    fn resource(&self) -> Resource {
        Resource::Certificate { issuer: self.issuer.clone(), serial: self.serial.clone() }
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("profile", Value::Text(self.profile.clone()))]
    }
}

/// Giving up an intent: its serial is recorded as revoked, because a signature may exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbandonIssuance {
    /// Name of the authority that would have issued.
    pub issuer: String,
    /// Serial number taken by the intent.
    pub serial: SerialNumber,
    /// Name of the certificate profile.
    pub profile: String,
}

impl Action for AbandonIssuance {
    const NAME: &'static str = "AbandonIssuance";

    fn resource(&self) -> Resource {
        Resource::Certificate { issuer: self.issuer.clone(), serial: self.serial.clone() }
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("profile", Value::Text(self.profile.clone()))]
    }
}

/// Searching the issued certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCertificates;

impl Action for ListCertificates {
    const NAME: &'static str = "ListCertificates";

    fn resource(&self) -> Resource {
        Resource::Installation
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

/// Showing or exporting one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadCertificate {
    /// Name of the authority that issued it.
    pub issuer: String,
    /// Its serial number.
    pub serial: SerialNumber,
}

impl Action for ReadCertificate {
    const NAME: &'static str = "ReadCertificate";

    fn resource(&self) -> Resource {
        Resource::Certificate { issuer: self.issuer.clone(), serial: self.serial.clone() }
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}
