//! The ID token: a compact JWS (RFC 7515 §7.1) whose claims say who a person is (OpenID Connect Core 1.0 §2, §3.1.3.7), or
//! which job of a CI somebody is.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ca_core::acme::jws::JwsAlgorithm;
use ca_core::time::UnixTime;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::keys::KeySet;

/// Clocks of provider and server may differ by so much.
const LEEWAY: i64 = 60;

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who issues it.
    pub issuer: &'a str,
    /// For whom, and of whom.
    pub holder: Holder<'a>,
    /// When it is looked at.
    pub now: UnixTime,
}

/// Whom a token is of.
#[derive(Clone, Copy, Debug)]
pub enum Holder<'a> {
    /// A person who signs in here.
    Person {
        /// For whom.
        client_id: &'a str,
        /// In answer to what.
        nonce: &'a str,
    },
    /// A job of a CI, which shows the token by itself.
    Job {
        /// For whom: any of these.
        audiences: &'a [String],
    },
}

/// Why an ID token proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdToken {
    /// It cannot be read.
    #[error("the token cannot be read: {0}")]
    Malformed(&'static str),
    /// It is signed with something else than a public key, or with an algorithm that is not supported.
    #[error("the token is signed with {0:?}, which is not accepted")]
    Algorithm(String),
    /// The provider does not publish the key; after a change of keys, a newer set may have it.
    #[error("the provider publishes no key that the token could be signed with")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature of the token is wrong")]
    Signature,
    /// A claim does not say what it must.
    #[error("the claim {claim:?} of the token {fault}")]
    Claim {
        /// Its name.
        claim: &'static str,
        /// What is wrong.
        fault: &'static str,
    },
}

/// The claims of a token that was verified.
#[derive(Clone, Debug)]
pub struct Claims {
    /// By what the provider knows the person, for ever.
    pub subject: String,
    /// For whom it is: the audience that was expected.
    pub audience: String,
    /// When the person proved to the provider who they are, if it says so.
    pub authenticated_at: Option<UnixTime>,
    /// All of them.
    pub all: Map<String, Value>,
}

/// Verifies a token.
///
/// # Errors
/// The first rule that it breaks.
pub fn verify(token: &str, keys: &KeySet, expected: Expected<'_>) -> Result<Claims, InvalidIdToken> {
    let (signed, signature) = token.rsplit_once('.').ok_or(InvalidIdToken::Malformed("it has no three parts"))?;
    let (header, payload) = signed.split_once('.').ok_or(InvalidIdToken::Malformed("it has no three parts"))?;
    let header = Header::read(header)?;
    let algorithm = JwsAlgorithm::from_name(&header.alg).map_err(|_| {
        InvalidIdToken::Algorithm(header.alg.chars().filter(char::is_ascii_alphanumeric).take(16).collect())
    })?;
    let signature = decode(signature)?;
    let mut candidates = keys.candidates(header.kid.as_deref(), algorithm).peekable();
    if candidates.peek().is_none() {
        return Err(InvalidIdToken::UnknownKey);
    }
    if !candidates.any(|key| algorithm.verify(key, signed.as_bytes(), &signature).is_ok()) {
        return Err(InvalidIdToken::Signature);
    }
    judge(serde_json::from_slice(&decode(payload)?).map_err(|_| InvalidIdToken::Malformed("no JSON object"))?, expected)
}

/// Who a token says has issued it: nothing is proved by that, it only tells whose keys to ask.
pub fn claimed_issuer(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1).filter(|_| token.split('.').count() == 3)?;
    let claims: Map<String, Value> = serde_json::from_slice(&decode(payload).ok()?).ok()?;
    claims.get("iss")?.as_str().map(str::to_owned)
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<IgnoredAny>,
}

impl Header {
    fn read(text: &str) -> Result<Self, InvalidIdToken> {
        let header: Self =
            serde_json::from_slice(&decode(text)?).map_err(|_| InvalidIdToken::Malformed("its header has no alg"))?;
        // RFC 7515 §4.1.11: extensions listed in `crit` must be understood, and none is.
        match header.crit {
            Some(_) => Err(InvalidIdToken::Malformed("its header asks for critical extensions")),
            None => Ok(header),
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, InvalidIdToken> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| InvalidIdToken::Malformed("a part is not base64url"))
}

fn judge(all: Map<String, Value>, expected: Expected<'_>) -> Result<Claims, InvalidIdToken> {
    let text = |claim: &'static str| all.get(claim).and_then(Value::as_str);
    if text("iss") != Some(expected.issuer) {
        return Err(fault("iss", "is not the configured issuer"));
    }
    judge_times(&all, expected.now)?;
    let audience = match expected.holder {
        Holder::Person { client_id, nonce } => {
            judge_audience(&all, client_id)?;
            if !text("nonce").is_some_and(|found| is_equal(found, nonce)) {
                return Err(fault("nonce", "does not belong to this sign-in"));
            }
            client_id.to_owned()
        }
        Holder::Job { audiences } => {
            let named = audiences_of(&all).into_iter().find(|named| audiences.iter().any(|one| one == named));
            named.map(str::to_owned).ok_or_else(|| fault("aud", "does not name this server"))?
        }
    };
    // §2: at most 255 ASCII characters.
    let subject = text("sub").filter(|subject| !subject.is_empty() && subject.len() <= 255 && subject.is_ascii());
    let subject = subject.ok_or_else(|| fault("sub", "is missing, or no text of at most 255 ASCII characters"))?;
    let (subject, authenticated_at) = (subject.to_owned(), date(&all, "auth_time").map(UnixTime::from_seconds));
    Ok(Claims { subject, audience, authenticated_at, all })
}

// §3.1.3.7, 3 to 5: one audience is this client; with several, the token was made for this one (`azp`).
fn judge_audience(all: &Map<String, Value>, client_id: &str) -> Result<(), InvalidIdToken> {
    let audiences = audiences_of(all);
    if !audiences.contains(&client_id) {
        return Err(fault("aud", "does not name this server"));
    }
    match all.get("azp").map(Value::as_str) {
        None if audiences.len() == 1 => Ok(()),
        Some(Some(party)) if party == client_id => Ok(()),
        _ => Err(fault("azp", "does not name this server")),
    }
}

/// RFC 7519 §4.1.3: one text, or several.
fn audiences_of(all: &Map<String, Value>) -> Vec<&str> {
    match all.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

// §3.1.3.7, 9 and 10; RFC 7519 §4.1.5 for `nbf`.
fn judge_times(all: &Map<String, Value>, now: UnixTime) -> Result<(), InvalidIdToken> {
    let now = now.seconds();
    match date(all, "exp") {
        Some(end) if end.saturating_add(LEEWAY) > now => {}
        Some(_) => return Err(fault("exp", "lies in the past")),
        None => return Err(fault("exp", "is missing")),
    }
    for claim in ["iat", "nbf"] {
        if date(all, claim).is_some_and(|begin| begin.saturating_sub(LEEWAY) > now) {
            return Err(fault(claim, "lies in the future"));
        }
    }
    if all.contains_key("iat") { Ok(()) } else { Err(fault("iat", "is missing")) }
}

/// RFC 7519 §2, NumericDate: seconds, which may have a fraction.
fn date(all: &Map<String, Value>, claim: &str) -> Option<i64> {
    let value = all.get(claim)?;
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
}

/// In a time that does not tell where they differ.
fn is_equal(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn fault(claim: &'static str, fault: &'static str) -> InvalidIdToken {
    InvalidIdToken::Claim { claim, fault }
}

#[cfg(test)]
mod tests;
