//! The rules of ACME (RFC 8555, with RFC 8737 tls-alpn-01 and RFC 8738 IP identifiers) without HTTP, database, clock or randomness.
//!
//! Facts come in as plain values and a verdict or a [`Problem`] comes out. What is checked against the world (a challenge, a nonce's
//! first use, an account's key) is performed by the server and judged here.

pub mod account;
pub mod authorization;
mod base64url;
pub mod challenge;
#[cfg(test)]
mod client_key;
pub mod eab;
pub mod identifier;
pub mod jwk;
pub mod jws;
pub mod key_change;
pub mod message;
pub mod nonce;
pub mod order;
pub mod problem;
pub mod revocation;
mod words;

pub use challenge::ChallengeType;
pub use identifier::Identifier;
pub use jwk::{InvalidJwk, Jwk, Thumbprint};
pub use jws::{JwsKey, ParsedJws, VerifiedJws};
pub use order::AuthorizedNames;
pub use problem::{Problem, ProblemType};
pub use words::UnknownWord;
