//! The certificate authority as a library.
//!
//! Everything here is pure: time, randomness and key operations come in as arguments, and only
//! `hsm` talks to the outside world. `ARCHITECTURE.md` holds the invariants.

pub mod acme;
pub mod cms;
pub mod duration;
pub mod hsm;
pub mod issuance;
pub mod issuance_request;
pub mod lint;
pub mod policy;
pub mod profile;
pub mod revocation;
pub mod signing;
pub mod time;
pub mod timestamp;
pub mod x509;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
mod openssl;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod raw_der;
