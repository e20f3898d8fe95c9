//! The URLs of one ACME endpoint.

use std::fmt::Display;

use crate::config::BaseUrl;

/// Builds URLs below `/acme/{endpoint}`.
pub(super) struct Urls(String);

impl Urls {
    pub(super) fn new(base: &BaseUrl, endpoint: &str) -> Self {
        Self(base.join(&format!("/acme/{endpoint}")))
    }

    pub(super) fn at(&self, resource: &str) -> String {
        format!("{}/{resource}", self.0)
    }

    pub(super) fn account(&self, id: impl Display) -> String {
        self.at(&format!("account/{id}"))
    }

    /// What every `kid` begins with.
    pub(super) fn account_prefix(&self) -> String {
        self.at("account/")
    }

    pub(super) fn orders(&self, id: impl Display) -> String {
        self.at(&format!("account/{id}/orders"))
    }

    pub(super) fn order(&self, id: impl Display) -> String {
        self.at(&format!("order/{id}"))
    }

    pub(super) fn finalize(&self, id: impl Display) -> String {
        self.at(&format!("order/{id}/finalize"))
    }

    pub(super) fn authorization(&self, id: impl Display) -> String {
        self.at(&format!("authz/{id}"))
    }

    pub(super) fn challenge(&self, id: impl Display) -> String {
        self.at(&format!("challenge/{id}"))
    }

    pub(super) fn certificate(&self, id: impl Display) -> String {
        self.at(&format!("certificate/{id}"))
    }
}
