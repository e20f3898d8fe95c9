//! Acts that change what is recorded about a certificate, or many of them at once.

use super::{Action, Attribute, Resource, Value};
use crate::x509::SerialNumber;

/// Saying who answers for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignOwner {
    /// Name of the authority that issued it.
    pub issuer: String,
    /// Its serial number.
    pub serial: SerialNumber,
    /// Name of the profile it was issued under.
    pub profile: String,
    /// The new owner; empty to take the owner away.
    pub owner: String,
}

impl Action for AssignOwner {
    const NAME: &'static str = "AssignOwner";

    fn resource(&self) -> Resource {
        Resource::Certificate { issuer: self.issuer.clone(), serial: self.serial.clone() }
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("profile", Value::Text(self.profile.clone())), ("owner", Value::Text(self.owner.clone()))]
    }
}

/// Asking the holder of a certificate to renew it soon, or taking that back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskForRenewal {
    /// Name of the authority that issued it.
    pub issuer: String,
    /// Its serial number.
    pub serial: SerialNumber,
    /// Name of the profile it was issued under.
    pub profile: String,
}

impl Action for AskForRenewal {
    const NAME: &'static str = "AskForRenewal";

    fn resource(&self) -> Resource {
        Resource::Certificate { issuer: self.issuer.clone(), serial: self.serial.clone() }
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("profile", Value::Text(self.profile.clone()))]
    }
}

/// Starting one change to many certificates. Each of them is decided about again by the act itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeInBulk {
    /// `revoke`, `ask-for-renewal` or `assign-owner`.
    pub change: String,
    /// How many certificates.
    pub certificates: i64,
}

impl Action for ChangeInBulk {
    const NAME: &'static str = "ChangeInBulk";

    fn resource(&self) -> Resource {
        Resource::Installation
    }

    fn attributes(&self) -> Vec<Attribute> {
        vec![("change", Value::Text(self.change.clone())), ("certificates", Value::Number(self.certificates))]
    }
}
