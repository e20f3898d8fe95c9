//! Acts on external account bindings (RFC 8555 §7.3.4).

use super::{Action, Attribute, Resource};

/// Making a binding: a key identifier with its HMAC key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateExternalAccount {
    /// Name of the ACME endpoint it is for.
    pub endpoint: String,
}

impl Action for CreateExternalAccount {
    const NAME: &'static str = "CreateExternalAccount";

    fn resource(&self) -> Resource {
        Resource::Endpoint(self.endpoint.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

/// Withdrawing a binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeExternalAccount {
    /// Name of the ACME endpoint it is for.
    pub endpoint: String,
    /// Its key identifier.
    pub kid: String,
}

impl Action for RevokeExternalAccount {
    const NAME: &'static str = "RevokeExternalAccount";

    fn resource(&self) -> Resource {
        Resource::ExternalAccount { endpoint: self.endpoint.clone(), kid: self.kid.clone() }
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

/// Listing the bindings of an endpoint, without their keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListExternalAccounts {
    /// Name of the ACME endpoint.
    pub endpoint: String,
}

impl Action for ListExternalAccounts {
    const NAME: &'static str = "ListExternalAccounts";

    fn resource(&self) -> Resource {
        Resource::Endpoint(self.endpoint.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}
