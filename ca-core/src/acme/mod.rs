//! The rules of ACME (RFC 8555, with RFC 8737 tls-alpn-01 and RFC 8738 IP identifiers) without HTTP, database, clock or randomness.
//!
//! Facts come in as plain values and a verdict or a [`Problem`] comes out. What is checked against the world (a challenge, a nonce's
//! first use, an account's key) is performed by the server and judged here.

mod base64url;
pub mod challenge;
pub mod identifier;
pub mod jwk;
pub mod jws;
pub mod message;
pub mod problem;

pub use challenge::ChallengeType;
pub use identifier::Identifier;
pub use jwk::{Jwk, Thumbprint};
pub use jws::{JwsKey, ParsedJws, VerifiedJws};
pub use problem::{Problem, ProblemType};
