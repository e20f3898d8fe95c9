//! Challenges (RFC 8555 §8, RFC 8737, RFC 8738): what to ask the world, and what its answer proves.
//!
//! [`probe`] says what to fetch, the server fetches it and keeps the [`Outcome`] as evidence, [`judge`] decides. All three are free of
//! I/O, so that every rule can be tested by a table. A refusal's text is for the account and therefore tells no more than address,
//! port, redirect hosts and the broken rule; for dns-01 the name asked and the number and digests of the values.

mod dns01;
mod http01;
mod outcome;
mod tls_alpn01;

use aws_lc_rs::digest;

pub use http01::MAX_BODY;
pub use outcome::{Outcome, ProbeFailure};
pub use tls_alpn01::ALPN_PROTOCOL;

use super::authorization::AuthorizationStatus;
use super::words::words;
use super::{Identifier, Problem, Thumbprint, base64url};

/// Random octets in a token: RFC 8555 §8.1 asks for at least 128 bits.
pub const TOKEN_OCTETS: usize = 32;

words! {
    /// How control over an identifier is shown.
    ChallengeType as "challenge type" {
        /// A file on the web server (RFC 8555 §8.3).
        Http01 = "http-01",
        /// A TXT record (RFC 8555 §8.4).
        Dns01 = "dns-01",
        /// A certificate in a TLS handshake (RFC 8737).
        TlsAlpn01 = "tls-alpn-01",
    }
}

impl ChallengeType {
    // RFC 8738 §4, §7: http-01 and tls-alpn-01 for addresses, never dns-01. For a wildcard only DNS itself proves anything.
    /// What may be offered for an identifier as the order names it.
    pub fn offered_for(identifier: &Identifier) -> &'static [Self] {
        match identifier {
            Identifier::Ip(_) => &[Self::Http01, Self::TlsAlpn01],
            Identifier::Dns(_) if identifier.is_wildcard() => &[Self::Dns01],
            Identifier::Dns(_) => Self::ALL,
        }
    }
}

words! {
    /// Status of a challenge (RFC 8555 §7.1.6).
    ChallengeStatus as "challenge status" {
        /// The client has not responded.
        Pending = "pending",
        /// It has, and validation goes on.
        Processing = "processing",
        /// It was met.
        Valid = "valid",
        /// It failed.
        Invalid = "invalid",
    }
}

/// What a client's response to a challenge leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// Validation begins.
    Validate,
    /// Nothing new: the client is shown the challenge as it stands.
    Show,
}

// RFC 8555 §7.5.1, §8.2: a response to a challenge that was responded to before is no error, and starts nothing anew.
/// Decides what to do with a client's response.
///
/// # Errors
/// `malformed` when the challenge is still pending and its authorization is over, so that it can never be met.
pub fn respond(authorization: AuthorizationStatus, challenge: ChallengeStatus) -> Result<Response, Problem> {
    match (challenge, authorization) {
        (ChallengeStatus::Processing | ChallengeStatus::Valid | ChallengeStatus::Invalid, _) => Ok(Response::Show),
        (ChallengeStatus::Pending, AuthorizationStatus::Pending) => Ok(Response::Validate),
        // Another challenge has done it.
        (ChallengeStatus::Pending, AuthorizationStatus::Valid) => Ok(Response::Show),
        (ChallengeStatus::Pending, over) => {
            Err(Problem::malformed(format!("the authorization is {over}: place a new order")))
        }
    }
}

/// What to ask the world. The server adds ports, resolvers and the network guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// GET `http://host/path`.
    HttpGet {
        /// Name or address to connect to, also the Host field.
        host: Identifier,
        /// Absolute path.
        path: String,
    },
    /// The TXT records of a name.
    DnsTxt {
        /// The name, without trailing dot.
        name: String,
    },
    /// A TLS handshake that offers only [`ALPN_PROTOCOL`] and sends [`Identifier::tls_server_name`].
    TlsAlpn {
        /// Name or address to connect to.
        host: Identifier,
    },
}

/// A fresh token of a challenge.
pub fn token(random: [u8; TOKEN_OCTETS]) -> String {
    base64url::encode(random)
}

// RFC 8555 §8.1: keyAuthorization = token || '.' || base64url(Thumbprint(accountKey))
/// The key authorization that a client must show.
pub fn key_authorization(token: &str, thumbprint: &Thumbprint) -> String {
    format!("{token}.{thumbprint}")
}

/// What to ask for to validate `identifier`: the authorization's, or a wildcard, whose prefix falls away.
pub fn probe(challenge: ChallengeType, identifier: &Identifier, token: &str) -> Probe {
    let host = identifier.base();
    match challenge {
        ChallengeType::Http01 => Probe::HttpGet { path: http01::path(token), host },
        ChallengeType::Dns01 => Probe::DnsTxt { name: dns01::record_name(&host) },
        ChallengeType::TlsAlpn01 => Probe::TlsAlpn { host },
    }
}

/// Whether the outcome of [`probe`] proves control over `identifier` by the account whose key has `key_thumbprint`.
///
/// # Errors
/// The problem that becomes the challenge's `error`. Its text tells the account no more than it may know.
pub fn judge(
    challenge: ChallengeType,
    identifier: &Identifier,
    token: &str,
    key_thumbprint: &Thumbprint,
    outcome: &Outcome,
) -> Result<(), Problem> {
    let (host, expected) = (identifier.base(), key_authorization(token, key_thumbprint));
    match (challenge, outcome) {
        (_, Outcome::Failed { failure, address, port, detail: _ }) => {
            Err(failure.to_problem(&outcome::subject(challenge, &host), *address, *port))
        }
        (ChallengeType::Http01, Outcome::Http { address, redirects, status, body, truncated }) => {
            http01::Answer { address, redirects, status: *status, body, truncated: *truncated }.judge(&host, &expected)
        }
        (ChallengeType::Dns01, Outcome::Txt { values }) => dns01::judge(&host, &expected, values),
        (ChallengeType::TlsAlpn01, Outcome::TlsAlpn { address, protocol, certificate }) => {
            tls_alpn01::judge(&host, &expected, *address, protocol.as_deref(), certificate.as_deref())
        }
        // An outcome of another probe is our mistake and never the account's success.
        (_, Outcome::Http { .. } | Outcome::Txt { .. } | Outcome::TlsAlpn { .. }) => Err(Problem::server_internal()),
    }
}

fn sha256(bytes: &[u8]) -> digest::Digest {
    digest::digest(&digest::SHA256, bytes)
}

#[cfg(test)]
mod tests;
