//! Acts on the installation as a whole.

use super::{Action, Attribute, Resource, Value};
use crate::policy::actor::hexadecimal;

/// Refusing a public key everywhere from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockKey {
    /// SHA-256 of the key's `SubjectPublicKeyInfo`.
    pub spki_sha256: [u8; 32],
    /// Why, in the words of whoever asks.
    pub reason: String,
}

impl Action for BlockKey {
    const NAME: &'static str = "BlockKey";

    fn resource(&self) -> Resource {
        Resource::Installation
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("spki_sha256", Value::Text(hexadecimal(&self.spki_sha256))), ("reason", Value::Text(self.reason.clone()))]
    }
}

/// Bringing the database schema up to date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrateDatabase {
    /// Version found.
    pub from_version: i64,
    /// Version wanted.
    pub to_version: i64,
}

impl Action for MigrateDatabase {
    const NAME: &'static str = "MigrateDatabase";

    fn resource(&self) -> Resource {
        Resource::Installation
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("from_version", Value::Number(self.from_version)), ("to_version", Value::Number(self.to_version))]
    }
}
