//! Acts that only look: at the audit trail, the policies, ACME endpoints.

use super::{Action, Attribute, Resource};

/// Searching and exporting the audit trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadAudit;

/// Reading profiles and policies, asking who may do what, and trying other policies on what was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadPolicy;

macro_rules! of_installation {
    ($($name:ident),*) => {$(
        impl Action for $name {
            const NAME: &'static str = stringify!($name);

            fn resource(&self) -> Resource {
                Resource::Installation
            }

            fn attributes(&self) -> Vec<Attribute> {
                Vec::new()
            }
        }
    )*};
}

of_installation!(ReadAudit, ReadPolicy);

/// Looking at the accounts and orders of an ACME endpoint, and at why they fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAcme {
    /// Name of the ACME endpoint.
    pub endpoint: String,
}

impl Action for ReadAcme {
    const NAME: &'static str = "ReadAcme";

    fn resource(&self) -> Resource {
        Resource::Endpoint(self.endpoint.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}
