//! Signed requests: JSON Web Signatures in the shape that RFC 8555 §6.2 allows.
//!
//! [`ParsedJws`] has its syntax checked and nothing proved; [`ParsedJws::verify`] consumes it into a [`VerifiedJws`]. The body is
//! read once; the signing input is the only copy of it.

mod algorithm;
mod flattened;
mod header;

use serde::Deserialize;

pub use algorithm::JwsAlgorithm;
pub(super) use flattened::{Flattened, Parts};
pub(super) use header::Header;

use super::message::parse_object;
use super::{Jwk, Problem, base64url};
use crate::x509::SubjectPublicKeyInfo;

/// The key a request says it is signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwsKey {
    /// `jwk`: the key itself, in newAccount and in revokeCert by the certificate's key.
    Jwk(Jwk),
    /// `kid`: the account's URL.
    Kid(String),
}

/// A request whose syntax holds and whose signature nobody has verified: nothing in it may be believed.
#[derive(Debug)]
pub struct ParsedJws {
    algorithm: JwsAlgorithm,
    key: JwsKey,
    nonce: String,
    url: String,
    parts: Parts,
}

impl ParsedJws {
    /// Reads the body of a POST.
    ///
    /// # Errors
    /// `malformed` for every other serialisation or header than RFC 8555 §6.2 allows, `badSignatureAlgorithm`, `badPublicKey`, and
    /// `badNonce` if the nonce is missing.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let (header, parts) = Flattened::parse(body)?.open()?;
        let algorithm = JwsAlgorithm::from_name(&header.alg)?;
        let (url, nonce) = (header.require_url()?, header.require_nonce()?);
        let key = header.into_key()?;
        Ok(Self { algorithm, key, nonce, url, parts })
    }

    /// The algorithm of the signature.
    pub fn algorithm(&self) -> JwsAlgorithm {
        self.algorithm
    }

    /// The key that the signature is said to be of.
    pub fn key(&self) -> &JwsKey {
        &self.key
    }

    /// The anti-replay nonce, in valid base64url.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The URL the client meant to send this to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Checks that the request came to the URL it was signed for.
    ///
    /// # Errors
    /// `unauthorized` (RFC 8555 §6.4).
    pub fn require_url(&self, requested: &str) -> Result<(), Problem> {
        if self.url == requested { Ok(()) } else { Err(Problem::url_mismatch(&self.url, requested)) }
    }

    /// Verifies the signature with the account's key; for a request with `jwk` that key must be the one embedded.
    ///
    /// # Errors
    /// `badSignatureAlgorithm` when key and algorithm do not fit, `malformed` when the signature is wrong.
    pub fn verify(self, key: &SubjectPublicKeyInfo) -> Result<VerifiedJws, Problem> {
        if let JwsKey::Jwk(jwk) = &self.key
            && jwk.public_key() != key
        {
            return Err(Problem::malformed("the JWS carries another key than the one it must be signed with"));
        }
        self.algorithm.verify(key, self.parts.signing_input.as_bytes(), &self.parts.signature)?;
        Ok(VerifiedJws { key: self.key, url: self.url, payload: self.parts.payload })
    }

    /// Verifies a request with `jwk` with that very key, and hands the key out.
    ///
    /// # Errors
    /// `malformed` for a request with `kid`; else as [`Self::verify`].
    pub fn verify_embedded(self) -> Result<(Jwk, VerifiedJws), Problem> {
        let JwsKey::Jwk(jwk) = &self.key else {
            return Err(Problem::malformed("this request must be signed with a key given as jwk, not kid"));
        };
        let jwk = jwk.clone();
        let verified = self.verify(jwk.public_key())?;
        Ok((jwk, verified))
    }
}

/// A request whose signature has been verified.
#[derive(Debug)]
pub struct VerifiedJws {
    key: JwsKey,
    url: String,
    payload: Vec<u8>,
}

impl VerifiedJws {
    /// The key as the header named it.
    pub fn key(&self) -> &JwsKey {
        &self.key
    }

    /// The signed URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The payload's octets.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Reads the payload as a message of [`super::message`].
    ///
    /// # Errors
    /// `malformed` with the member and place.
    pub fn message<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        parse_object(&self.payload)
    }

    // RFC 8555 §6.3: a POST-as-GET has a zero-length payload; §7.5.1: a challenge response has `{}`.
    /// Whether this is a POST-as-GET.
    pub fn is_post_as_get(&self) -> bool {
        self.payload.is_empty()
    }

    /// Checks that this is a POST-as-GET.
    ///
    /// # Errors
    /// `malformed` for any payload, `{}` included.
    pub fn require_post_as_get(&self) -> Result<(), Problem> {
        match self.is_post_as_get() {
            true => Ok(()),
            false => Err(Problem::malformed(
                "this resource is read with POST-as-GET: the payload must be empty (RFC 8555 §6.3)",
            )),
        }
    }
}

/// Decodes a part of a JWS.
fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, Problem> {
    let rule = || {
        Problem::malformed(format!(
            "{part} of the JWS is not base64url without padding and line breaks (RFC 8555 §6.1)"
        ))
    };
    base64url::decode(text).ok_or_else(rule)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
