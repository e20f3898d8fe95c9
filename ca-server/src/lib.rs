//! Signet's server as a library: configuration, use cases, store, validation, HTTP, jobs and command line.

pub mod clock;
pub mod entropy;
pub mod telemetry;
