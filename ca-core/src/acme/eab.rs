//! External account binding (RFC 8555 §7.3.4): a JWS inside newAccount, made with a MAC key that the CA handed out.

use aws_lc_rs::hmac;
use serde::Deserialize as _;

use super::jws::{Flattened, Parts};
use super::{Jwk, JwsKey, Problem, ProblemType};

/// Octets of a MAC key to hand out: enough for every algorithm (RFC 7518 §3.2).
pub const HMAC_KEY_OCTETS: usize = 64;

/// MAC algorithms with the names of RFC 7518 §3.2.
const ALGORITHMS: [(&str, hmac::Algorithm); 3] =
    [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)];

/// A binding whose syntax holds and whose MAC nobody has verified.
#[derive(Debug)]
pub struct ExternalAccountBinding {
    kid: String,
    algorithm: hmac::Algorithm,
    parts: Parts,
}

impl ExternalAccountBinding {
    // RFC 8555 §7.3.4, the rules of the inner JWS.
    /// Reads the `externalAccountBinding` of newAccount, a request that came to `outer_url`.
    ///
    /// # Errors
    /// `malformed` for a JWS that breaks a rule, `badSignatureAlgorithm` for anything but a MAC, `unauthorized` for another URL.
    pub fn parse(value: &serde_json::Value, outer_url: &str) -> Result<Self, Problem> {
        let in_binding = |rule: &str| Problem::malformed(format!("externalAccountBinding: {rule}"));
        if !value.is_object() {
            return Err(in_binding("it must be a JWS in flattened JSON serialization"));
        }
        let flattened = Flattened::deserialize(value).map_err(|e| in_binding(&e.to_string()))?;
        let (header, parts) = flattened.open()?;
        let algorithm = algorithm(&header.alg)?;
        header.forbid_nonce()?;
        let url = header.require_url()?;
        if url != outer_url {
            return Err(Problem::url_mismatch(&url, outer_url));
        }
        match header.into_key()? {
            JwsKey::Kid(kid) => Ok(Self { kid, algorithm, parts }),
            JwsKey::Jwk(_) => Err(in_binding("it names the MAC key with kid, not jwk")),
        }
    }

    /// The identifier of the MAC key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Verifies the MAC, in constant time, and that the payload is the key of the new account.
    ///
    /// # Errors
    /// [`unknown_key`] for a wrong MAC, as for an unknown `kid`; `malformed` when the binding was made for another key.
    pub fn verify(&self, hmac_key: &[u8], account_key: &Jwk) -> Result<(), Problem> {
        let key = hmac::Key::new(self.algorithm, hmac_key);
        hmac::verify(&key, self.parts.signing_input.as_bytes(), &self.parts.signature).map_err(|_| unknown_key())?;
        match Jwk::from_json(&self.parts.payload)? == *account_key {
            true => Ok(()),
            false => Err(Problem::malformed("externalAccountBinding: its payload must be the key of the new account")),
        }
    }
}

/// `unauthorized`: the kid is unknown, used, expired or revoked, or the MAC is wrong; which one is not told.
pub fn unknown_key() -> Problem {
    Problem::unauthorized(
        "externalAccountBinding: the key identifier is unknown, used, expired or revoked, or the MAC is wrong",
    )
}

/// `externalAccountRequired`: newAccount came without a binding.
pub fn required() -> Problem {
    let rule = "accounts here need an external account binding: ask the CA's operator for a key identifier and MAC key";
    Problem::new(ProblemType::ExternalAccountRequired, rule)
}

fn algorithm(name: &str) -> Result<hmac::Algorithm, Problem> {
    let found = ALGORITHMS.into_iter().find(|(known, _)| *known == name);
    let refusal = || {
        let rule = "externalAccountBinding: its alg must be a MAC";
        Problem::bad_signature_algorithm(rule, ALGORITHMS.map(|(name, _)| name))
    };
    found.map(|(_, algorithm)| algorithm).ok_or_else(refusal)
}

#[cfg(test)]
#[path = "eab_tests.rs"]
mod tests;
