//! Use cases: each loads, decides, persists in one write, and enqueues in the same write.

pub mod acme;
pub mod audit;
pub mod certificate;
pub mod error;
pub mod issue;
pub mod revocation;

pub use error::OpError;
