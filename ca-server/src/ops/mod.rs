//! Use cases: each loads, decides, persists in one write, and enqueues in the same write.

pub mod acme;
pub mod audit;
pub mod certificate;
pub mod diagnosis;
pub mod error;
pub mod external_account;
pub mod gauges;
pub mod idempotency;
pub mod initialize;
pub mod issuance_recovery;
pub mod issue;
pub mod listener_certificate;
pub mod listing;
pub mod operator;
pub mod overview;
pub mod readiness;
pub mod revocation;

pub use error::OpError;
