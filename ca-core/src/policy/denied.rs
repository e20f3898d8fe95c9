//! A denial in two languages: what the client may read, and what the operator needs.

use std::fmt;
use std::sync::Arc;

use super::action::Resource;
use super::permitted::DecidingPolicy;
use crate::x509::GeneralName;

/// The policies do not permit the act. `Display` is the client's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    resource: Resource,
    refusals: Vec<Refusal>,
}

impl Denied {
    #[cfg(feature = "policy")]
    pub(super) fn new(resource: Resource, refusals: Vec<Refusal>) -> Self {
        Self { resource, refusals }
    }

    /// Each question that was answered with no; at least one.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }

    /// Everything, for logs and audit rows: the object, the ids of all policies that denied, and evaluation errors.
    pub fn operator_text(&self) -> String {
        let details: Vec<String> = self.refusals.iter().map(Refusal::operator_text).collect();
        format!("{}: {}", self.resource, details.join("; "))
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.refusals.iter().map(Refusal::client_text).collect();
        f.write_str(&texts.join("; "))
    }
}

impl std::error::Error for Denied {}

/// Why one question was answered with no: about one identifier, or about the act as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    act: String,
    identifier: Option<GeneralName>,
    forbidden_by: Vec<Arc<DecidingPolicy>>,
    errors: Vec<String>,
}

impl Refusal {
    #[cfg(feature = "policy")]
    pub(super) fn new(
        act: &str,
        identifier: Option<&GeneralName>,
        forbidden_by: Vec<Arc<DecidingPolicy>>,
        errors: Vec<String>,
    ) -> Self {
        Self { act: act.to_owned(), identifier: identifier.cloned(), forbidden_by, errors }
    }

    /// The identifier that was asked about; RFC 8555 §6.7.1 reports each in a subproblem of its own.
    pub fn identifier(&self) -> Option<&GeneralName> {
        self.identifier.as_ref()
    }

    /// The `forbid` policies that matched, ordered by id. None means that no policy permits the act, or that a policy
    /// could not be evaluated.
    pub fn forbidden_by(&self) -> impl Iterator<Item = &DecidingPolicy> {
        self.forbidden_by.iter().map(AsRef::as_ref)
    }

    /// What the client may know: the reasons of the policies, never their ids or their errors.
    pub fn client_text(&self) -> String {
        let subject = self.identifier.as_ref().map(|name| format!(" for {name}")).unwrap_or_default();
        let reasons: Vec<&str> = self.forbidden_by().map(|policy| policy.reason.as_str()).collect();
        if !reasons.is_empty() {
            format!("{} is denied{subject}: {}", self.act, reasons.join("; "))
        } else if self.errors.is_empty() {
            format!("no policy permits {}{subject}", self.act)
        } else {
            format!("{} is denied{subject}: its policies could not be evaluated", self.act)
        }
    }

    fn operator_text(&self) -> String {
        let ids: Vec<&str> = self.forbidden_by().map(|policy| policy.id.as_str()).collect();
        let by = if ids.is_empty() { String::new() } else { format!(" [forbidden by {}]", ids.join(", ")) };
        let errors: String = self.errors.iter().map(|error| format!(" [{error}]")).collect();
        format!("{}{by}{errors}", self.client_text())
    }
}
