//! Use cases: each loads, decides, persists in one write, and enqueues in the same write.

pub mod acme;
pub mod audit;
pub mod authority;
pub mod authority_states;
pub mod certificate;
pub mod dashboard;
pub mod diagnosis;
pub mod error;
pub mod external_account;
pub mod gauges;
pub mod hsm;
pub mod idempotency;
pub mod initialize;
pub mod instant;
pub mod issuance_recovery;
pub mod issue;
pub mod listener_certificate;
pub mod listing;
pub mod lookup;
pub mod migrate;
pub mod notice;
pub mod operator;
pub mod overview;
pub mod policy;
pub mod readiness;
pub mod request;
pub mod revocation;
pub mod signing;
pub mod timestamp;

pub use error::OpError;
