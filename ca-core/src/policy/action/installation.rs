//! Acts on the installation as a whole.

use super::{Action, Attribute, Resource, Value};

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
