//! A probe that came to nothing, on its way to becoming an [`Outcome::Failed`].

use std::fmt::Display;
use std::net::SocketAddr;

use ca_core::acme::challenge::{Outcome, ProbeFailure};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    failure: ProbeFailure,
    address: Option<SocketAddr>,
    port: Option<u16>,
    detail: String,
}

impl Failure {
    /// `detail` is for operators: it may name what an account must not learn.
    pub(super) fn new(failure: ProbeFailure, detail: impl Display) -> Self {
        Self { failure, address: None, port: None, detail: detail.to_string() }
    }

    /// The failure happened while talking to `address`.
    pub(super) fn at(mut self, address: SocketAddr) -> Self {
        (self.address, self.port) = (Some(address), Some(address.port()));
        self
    }

    /// The failure happened before there was an address.
    pub(super) fn on_port(mut self, port: u16) -> Self {
        self.port = self.port.or(Some(port));
        self
    }

    /// The step in which it happened, in front of the detail.
    pub(super) fn during(mut self, step: impl Display) -> Self {
        self.detail = format!("{step}: {}", self.detail);
        self
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        let Failure { failure, address, port, detail } = failure;
        Self::Failed { failure, address, port, detail }
    }
}

/// The error and its causes in one line, for operators.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
