//! The keys of a provider (RFC 7517 §5), and which of them may have signed a token.

use ca_core::acme::Jwk;
use ca_core::acme::jws::JwsAlgorithm;
use ca_core::x509::SubjectPublicKeyInfo;
use serde::Deserialize;
use serde_json::Value;

/// The keys of a JWK set that a token can be verified with; others are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeySet(Vec<Key>);

#[derive(Clone, Debug, PartialEq)]
struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    jwk: Jwk,
}

#[derive(Deserialize)]
struct Wire {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a JWK set.
    ///
    /// # Errors
    /// When it is none. A key of a kind that is not known is no error (RFC 7517 §5).
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        let Wire { keys } = serde_json::from_slice(json)?;
        Ok(Self(keys.iter().filter_map(Key::read).collect()))
    }

    /// How many keys there are that can be used.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The keys that may have signed a token with this header.
    pub(super) fn candidates(
        &self,
        id: Option<&str>,
        algorithm: JwsAlgorithm,
    ) -> impl Iterator<Item = &SubjectPublicKeyInfo> {
        let fits = move |key: &&Key| {
            (id.is_none() || key.id.as_deref() == id)
                && key.algorithm.as_deref().is_none_or(|name| name == algorithm.name())
                && algorithm.fits(key.jwk.public_key().algorithm())
        };
        self.0.iter().filter(fits).map(|key| key.jwk.public_key())
    }
}

impl Key {
    fn read(json: &Value) -> Option<Self> {
        let text = |member: &str| json.get(member).and_then(Value::as_str);
        // RFC 7517 §4.2: a key for encryption signs nothing.
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let jwk = Jwk::from_json(json.to_string().as_bytes()).and_then(Jwk::require_strength).ok()?;
        Some(Self { id: text("kid").map(str::to_owned), algorithm: text("alg").map(str::to_owned), jwk })
    }
}
