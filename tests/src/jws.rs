//! Account keys and flattened JWS (RFC 7515, RFC 8555 §6.2), written independently of the server's.

use anyhow::{Result, anyhow};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// base64url without padding.
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key that can sign requests.
#[derive(Debug)]
pub struct AccountKey {
    algorithm: &'static str,
    private: Private,
}

#[derive(Debug)]
enum Private {
    Ecdsa(&'static str, EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

impl AccountKey {
    /// A fresh key for a JWS algorithm: ES256, ES384, ES512, EdDSA or RS256 (2048 bits).
    ///
    /// # Errors
    /// If the algorithm is another.
    pub fn generate(algorithm: &'static str) -> Result<Self> {
        let private = match algorithm {
            "ES256" => Private::Ecdsa("P-256", EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?),
            "ES384" => Private::Ecdsa("P-384", EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING)?),
            "ES512" => Private::Ecdsa("P-521", EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING)?),
            "EdDSA" => Private::Ed25519(Ed25519KeyPair::generate()?),
            "RS256" => Private::Rsa(RsaKeyPair::generate(KeySize::Rsa2048)?),
            other => return Err(anyhow!("no key for the JWS algorithm {other}")),
        };
        Ok(Self { algorithm, private })
    }

    /// The JWS algorithm.
    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// The public key as a JWK with exactly the members that its thumbprint covers.
    pub fn jwk(&self) -> Value {
        match &self.private {
            Private::Ecdsa(curve, key) => {
                // SEC 1 §2.3.3: 0x04, then both coordinates at full length.
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({"crv": curve, "kty": "EC", "x": base64url(x), "y": base64url(y)})
            }
            Private::Ed25519(key) => json!({"crv": "Ed25519", "kty": "OKP", "x": base64url(key.public_key())}),
            Private::Rsa(key) => {
                let public = key.public_key();
                let n = public.modulus().big_endian_without_leading_zero();
                let e = public.exponent().big_endian_without_leading_zero();
                json!({"e": base64url(e), "kty": "RSA", "n": base64url(n)})
            }
        }
    }

    /// RFC 7638: the digest of the JWK's required members, which `serde_json` keeps in the order of their names.
    pub fn thumbprint(&self) -> String {
        base64url(digest(&SHA256, self.jwk().to_string().as_bytes()))
    }

    /// RFC 8555 §8.1: what a challenge's token becomes with this key.
    pub fn key_authorization(&self, token: &str) -> String {
        format!("{token}.{}", self.thumbprint())
    }

    /// The signature over `message` as JWS encodes it (r and s side by side for ECDSA).
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        Ok(match &self.private {
            Private::Ecdsa(_, key) => key.sign(&random, message)?.as_ref().to_vec(),
            Private::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Private::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
                signature
            }
        })
    }

    /// RFC 8555 §7.3.4: this key's JWK under the MAC key (base64url) that the CA handed out as `kid`.
    ///
    /// # Errors
    /// If the MAC key is not base64url.
    pub fn bind(&self, kid: &str, mac_key: &str, new_account_url: &str) -> Result<Value> {
        let header = base64url(json!({"alg": "HS256", "kid": kid, "url": new_account_url}).to_string());
        let payload = base64url(self.jwk().to_string());
        let key = hmac::Key::new(hmac::HMAC_SHA256, &URL_SAFE_NO_PAD.decode(mac_key)?);
        let tag = hmac::sign(&key, format!("{header}.{payload}").as_bytes());
        Ok(json!({"protected": header, "payload": payload, "signature": base64url(tag)}))
    }

    /// A flattened JWS over this protected header and payload.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn protect(&self, header: &Value, payload: &[u8]) -> Result<Value> {
        let (header, payload) = (base64url(header.to_string()), base64url(payload));
        let signature = self.sign(format!("{header}.{payload}").as_bytes())?;
        Ok(json!({"protected": header, "payload": payload, "signature": base64url(signature)}))
    }
}
