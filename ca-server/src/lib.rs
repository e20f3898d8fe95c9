//! Signet's server as a library: configuration, use cases, store, validation, HTTP, jobs and command line.

pub mod clock;
pub mod config;
pub mod entropy;
pub mod store;
pub mod telemetry;
pub mod validation;
