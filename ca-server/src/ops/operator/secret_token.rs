//! Secrets that are shown once and known again by their hash: session cookies and API tokens.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::store::fields::Sha256;

/// 256 random bits. With so many, a fast hash in the database protects as well as a slow one.
#[derive(Clone)]
pub struct SecretToken(Zeroizing<[u8; 32]>);

impl SecretToken {
    /// A new one.
    pub fn fresh(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes()))
    }

    /// The token of a text, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let octets = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(Zeroizing::new(octets.as_slice().try_into().ok()?)))
    }

    /// The text that its holder keeps: base64url.
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }

    /// What the database knows of it.
    pub fn sha256(&self) -> Sha256 {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, self.0.as_slice()).as_ref());
        hash
    }

    /// A value that only the holder of this token can know, for one purpose; it does not tell the token.
    pub fn derive(&self, purpose: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, purpose.as_bytes()))
    }
}

impl std::fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretToken")
    }
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub fn are_equal(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_token_is_known_again_by_its_hash() {
        let token = SecretToken::fresh(&Entropy::new(Clock::system()));
        let again = SecretToken::parse(&token.reveal()).unwrap();
        assert_eq!(token.sha256(), again.sha256());
        assert_eq!(token.derive("csrf"), again.derive("csrf"));
        assert_ne!(token.derive("csrf"), token.derive("other"));
        assert!(!format!("{token:?}").contains(token.reveal().as_str()));
    }

    #[test]
    fn what_is_no_token_is_none() {
        for text in ["", "AAAA", "not base64", &"A".repeat(44), &"A".repeat(4000)] {
            assert!(SecretToken::parse(text).is_none(), "{text}");
        }
        assert!(are_equal("a", "a") && !are_equal("a", "b") && !are_equal("a", "ab"));
    }
}
