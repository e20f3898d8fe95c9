//! Acts that end in a signature over an artifact or a timestamp.

use std::sync::Arc;

use super::{Action, Attribute, Resource, Value};
use crate::hsm::DigestAlgorithm;
use crate::signing::{DigestItem, DigestSet, Format};
use crate::x509::SerialNumber;

/// Signing the artifacts of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignArtifact {
    /// Id of the request.
    pub request: String,
    /// Name of its signing profile.
    pub profile: String,
    /// Environment of that profile: `test` or `release`.
    pub environment: String,
    /// Serial number of the certificate that signs.
    pub certificate: SerialNumber,
    /// What is signed.
    pub artifacts: Arc<DigestSet>,
}

impl Action for SignArtifact {
    const NAME: &'static str = "SignArtifact";

    fn resource(&self) -> Resource {
        Resource::SigningProfile(self.profile.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        let algorithms = self.artifacts.items().iter().map(|item| item.algorithm.as_str());
        let algorithms: std::collections::BTreeSet<&str> = algorithms.collect();
        vec![
            ("environment", Value::Text(self.environment.clone())),
            ("format", Value::Text(self.artifacts.format().as_str().to_owned())),
            ("digest_algorithms", Value::Texts(algorithms.into_iter().map(str::to_owned).collect())),
            ("artifacts", Value::Number(i64::try_from(self.artifacts.items().len()).unwrap_or(i64::MAX))),
            ("digest_set", Value::Text(self.artifacts.hash().to_string())),
            ("certificate", Value::Text(self.certificate.to_string())),
            ("request", Value::Text(self.request.clone())),
        ]
    }
}

/// An act that may end in signatures over artifacts, and which of them it is about.
pub trait ArtifactAct: Action {
    /// Whether this artifact in this form is one of those that were permitted.
    fn covers(&self, format: Format, item: &DigestItem) -> bool;

    /// Whether this certificate is the one that was permitted to sign.
    fn names_certificate(&self, serial: &SerialNumber) -> bool;
}

impl ArtifactAct for SignArtifact {
    fn covers(&self, format: Format, item: &DigestItem) -> bool {
        self.artifacts.format() == format && self.artifacts.items().contains(item)
    }

    fn names_certificate(&self, serial: &SerialNumber) -> bool {
        self.certificate == *serial
    }
}

/// Saying that something existed at a time (RFC 3161).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Name of the time-stamping authority.
    pub tsa: String,
    /// Its policy that the token names, a dotted object identifier.
    pub policy: String,
    /// Hash function of what is stamped.
    pub digest_algorithm: DigestAlgorithm,
}

impl Action for Timestamp {
    const NAME: &'static str = "Timestamp";

    fn resource(&self) -> Resource {
        Resource::Tsa(self.tsa.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("policy", Value::Text(self.policy.clone())),
            ("digest_algorithm", Value::Text(self.digest_algorithm.as_str().to_owned())),
        ]
    }
}
