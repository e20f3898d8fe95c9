//! Certificates and CRLs to break: a root, an issuing CA below it, an end entity below that, and the CA's CRL.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod certificate;
mod extension;
mod key;
mod list;

pub(super) use certificate::*;
pub(super) use extension::*;
pub(super) use key::*;
pub(super) use list::*;
