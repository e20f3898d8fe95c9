//! Acts on ACME orders (RFC 8555 §7.4).

use std::time::Duration;

use super::{Action, Attribute, Resource, Value};
use crate::x509::{GeneralName, KeyAlgorithm};

/// Placing an order (RFC 8555 §7.4), before any name is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Name of the ACME endpoint.
    pub endpoint: String,
    /// Name of the authority that would issue.
    pub issuer: String,
    /// Name of the certificate profile.
    pub profile: String,
    /// Names ordered; never empty.
    pub identifiers: Vec<GeneralName>,
}

impl Action for NewOrder {
    const NAME: &'static str = "NewOrder";

    fn resource(&self) -> Resource {
        Resource::Endpoint(self.endpoint.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("issuer", Value::Entity(Resource::Issuer(self.issuer.clone()))),
            ("profile", Value::Text(self.profile.clone())),
        ]
    }

    fn identifiers(&self) -> &[GeneralName] {
        &self.identifiers
    }
}

/// Issuing the certificate of an order (RFC 8555 §7.4, finalize).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finalize {
    /// Name of the ACME endpoint.
    pub endpoint: String,
    /// Name of the authority that issues.
    pub issuer: String,
    /// Name of the certificate profile.
    pub profile: String,
    /// Names of the certificate; never empty.
    pub identifiers: Vec<GeneralName>,
    /// Type of the subject's key.
    pub key_algorithm: KeyAlgorithm,
    /// Validity with both ends counted.
    pub validity: Duration,
}

impl Action for Finalize {
    const NAME: &'static str = "Finalize";

    fn resource(&self) -> Resource {
        Resource::Issuer(self.issuer.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("endpoint", Value::Entity(Resource::Endpoint(self.endpoint.clone()))),
            ("profile", Value::Text(self.profile.clone())),
            ("key_algorithm", Value::Text(self.key_algorithm.to_string())),
            ("validity_seconds", Value::seconds(self.validity)),
        ]
    }

    fn identifiers(&self) -> &[GeneralName] {
        &self.identifiers
    }
}
