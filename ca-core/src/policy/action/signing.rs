//! Acts that end in a signature over an artifact or a timestamp.

use super::{Action, Attribute, Resource, Value};
use crate::hsm::DigestAlgorithm;
use crate::signing::{DigestItem, Format};
use crate::x509::SerialNumber;

/// An act that may end in signatures over artifacts, and which of them it is about.
pub trait ArtifactAct: Action {
    /// Whether this artifact in this form is one of those that were permitted.
    fn covers(&self, format: Format, item: &DigestItem) -> bool;

    /// Whether this certificate is the one that was permitted to sign.
    fn names_certificate(&self, serial: &SerialNumber) -> bool;
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
