//! A CI's identity provider: an issuer with a file of its keys, as a server behind a firewall knows it, or one that
//! publishes them.

use anyhow::{Result, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::busy_server::{BusyServer, Fate};

/// The name of one that publishes nothing.
pub const ISSUER: &str = "https://gitlab.signet.test";

/// Something that signs ID tokens.
#[derive(Debug)]
pub struct CiIssuer {
    name: String,
    key: EcdsaKeyPair,
}

impl CiIssuer {
    /// With a new key.
    ///
    /// # Errors
    /// If none can be made.
    pub fn new() -> Result<Self> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| anyhow!("a key"))?;
        Ok(Self { name: ISSUER.to_owned(), key })
    }

    /// With a new key, and a server that publishes it (OpenID Connect Discovery 1.0) and is its name.
    ///
    /// # Errors
    /// If there is no key, or no server.
    pub async fn published() -> Result<(Self, BusyServer)> {
        let mut issuer = Self::new()?;
        let keys = issuer.jwks()?.to_string();
        let server = BusyServer::answering(move |request| published(request, &keys)).await?;
        issuer.name = server.url();
        Ok((issuer, server))
    }

    /// Its name: the claim `iss`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The document that a `jwks_file` holds.
    ///
    /// # Errors
    /// If the key has another form than P-256's.
    pub fn jwks(&self) -> Result<Value> {
        let point = self.key.public_key().as_ref();
        let (x, y) = (point.get(1..33), point.get(33..65));
        let text = |part: Option<&[u8]>| part.map(|octets| URL_SAFE_NO_PAD.encode(octets));
        let (Some(x), Some(y)) = (text(x), text(y)) else { anyhow::bail!("a point of P-256") };
        Ok(json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "ci", "x": x, "y": y
        }] }))
    }

    /// A token for this audience that lives five minutes, with these claims besides.
    ///
    /// # Errors
    /// If it cannot be signed.
    pub fn token(&self, audience: &str, claims: &Value) -> Result<String> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
        let mut body = json!({
            "iss": self.name, "aud": audience, "iat": now, "nbf": now, "exp": now + 300, "jti": format!("{now}-{}", unique()),
        });
        for (name, value) in claims.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "ci" });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&body));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).map_err(|_| anyhow!("a signature"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// What such a server answers.
fn published(request: &str, keys: &str) -> Fate {
    let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let metadata = json!({ "issuer": format!("https://{host}"), "jwks_uri": format!("https://{host}/keys") });
    match request.split(' ').nth(1) {
        Some("/.well-known/openid-configuration") => Fate::json("200 OK", "", &metadata.to_string()),
        Some("/keys") => Fate::json("200 OK", "", keys),
        _ => Fate::json("404 Not Found", "", "{}"),
    }
}

fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
