//! Acts on authorities: their ceremony and their CRLs.

use super::{Action, Attribute, Resource, Value};
use crate::x509::KeyAlgorithm;

/// Making one authority of a new PKI: its key in an HSM, and its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initialize {
    /// Name of the authority.
    pub issuer: String,
    /// Name of the HSM that holds its key.
    pub hsm: String,
    /// Type of its key.
    pub key_algorithm: KeyAlgorithm,
    /// Whether it is the root.
    pub trust_anchor: bool,
}

impl Action for Initialize {
    const NAME: &'static str = "Initialize";

    fn resource(&self) -> Resource {
        Resource::Installation
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("issuer", Value::Entity(Resource::Issuer(self.issuer.clone()))),
            ("hsm", Value::Entity(Resource::Hsm(self.hsm.clone()))),
            ("key_algorithm", Value::Text(self.key_algorithm.to_string())),
            ("trust_anchor", Value::Flag(self.trust_anchor)),
        ]
    }
}

/// Signing and publishing a CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishCrl {
    /// Name of the authority that signs.
    pub issuer: String,
    /// The shard, `None` for the whole list.
    pub shard: Option<u32>,
}

impl Action for PublishCrl {
    const NAME: &'static str = "PublishCrl";

    fn resource(&self) -> Resource {
        Resource::Issuer(self.issuer.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        self.shard.map(|shard| ("shard", Value::Number(shard.into()))).into_iter().collect()
    }
}

/// Showing what a published CRL holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadCrl {
    /// Name of the authority.
    pub issuer: String,
}

impl Action for ReadCrl {
    const NAME: &'static str = "ReadCrl";

    fn resource(&self) -> Resource {
        Resource::Issuer(self.issuer.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}
