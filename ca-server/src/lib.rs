//! Signet's server as a library: configuration, use cases, store, validation, HTTP, jobs and command line.

pub mod app;
pub mod authorities;
pub mod cli;
pub mod clock;
pub mod clock_guard;
pub mod config;
pub mod entropy;
mod guarded_resolver;
pub mod hsm_watch;
pub mod hsms;
pub mod http;
pub mod jobs;
pub mod notices;
pub mod oidc;
pub mod ops;
pub mod policies;
pub mod profile_versions;
mod published_url;
pub mod secrets;
mod sntp;
pub mod start;
pub mod store;
pub mod telemetry;
pub mod tls;
pub mod tsa_client;
pub mod validation;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
pub(crate) mod testing;
