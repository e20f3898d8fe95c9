//! Acts on ACME accounts (RFC 8555 §7.3).

use super::{Action, Attribute, Resource, Value};

/// Opening an account (RFC 8555 §7.3). The actor is the account that is to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Name of the ACME endpoint.
    pub endpoint: String,
    /// Whether the request carries a valid external account binding (§7.3.4).
    pub externally_bound: bool,
    /// Contact URLs as given.
    pub contacts: Vec<String>,
}

impl Action for NewAccount {
    const NAME: &'static str = "NewAccount";

    fn resource(&self) -> Resource {
        Resource::Endpoint(self.endpoint.clone())
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            ("externally_bound", Value::Flag(self.externally_bound)),
            ("contacts", Value::Texts(self.contacts.clone())),
        ]
    }
}

/// Changing an account's key (RFC 8555 §7.3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// Name of the ACME endpoint.
    pub endpoint: String,
    /// Id of the account whose key changes.
    pub account: String,
}

impl Action for KeyChange {
    const NAME: &'static str = "KeyChange";

    fn resource(&self) -> Resource {
        Resource::Account { endpoint: self.endpoint.clone(), account: self.account.clone() }
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}

/// Deactivating an account (RFC 8555 §7.3.6), by itself or by an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeactivateAccount {
    /// Name of the ACME endpoint.
    pub endpoint: String,
    /// Id of the account.
    pub account: String,
}

impl Action for DeactivateAccount {
    const NAME: &'static str = "DeactivateAccount";

    fn resource(&self) -> Resource {
        Resource::Account { endpoint: self.endpoint.clone(), account: self.account.clone() }
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }
}
