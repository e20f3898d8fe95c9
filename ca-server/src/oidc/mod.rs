//! OpenID Connect, the relying party's side (OpenID Connect Core 1.0, code flow with PKCE).
//!
//! [`Provider`] speaks with an identity provider and returns what it vouches for; whether such a person may sign in is
//! decided by `ops::operator::oidc`. An ID token is judged in [`id_token`], without network and clock.

pub mod id_token;
mod job_issuer;
mod kept;
mod keys;
mod metadata;
mod person;
mod provider;
mod wire;

pub use id_token::InvalidIdToken;
pub use job_issuer::{JobIssuer, KeySource};
pub use person::Person;
pub use provider::{Asked, Provider};
pub use wire::ProviderError;
