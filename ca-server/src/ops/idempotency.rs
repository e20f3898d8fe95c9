//! A request that carries a key is done once: whoever sends it again within a day gets the first answer.
//!
//! What was answered is recorded only if something was done. A request that was refused frees its key; one whose end
//! nobody saw keeps it, because it may have been done.

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use ca_core::policy::Actor;
use ca_core::time::UnixTime;
use zeroize::Zeroizing;

use super::OpError;
use crate::app::App;
use crate::store::idempotency_key::{self, Answer};

/// How long an answer can be repeated.
pub const KEPT: Duration = Duration::from_secs(86_400);

/// A key that was taken for a request that now begins.
#[derive(Debug)]
#[must_use = "a key that is neither finished nor released blocks its request for a day"]
pub struct Taken {
    actor: String,
    key: String,
}

/// What was answered to the first request.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// The body; it may hold a secret that is shown once.
    pub body: Zeroizing<Vec<u8>>,
}

/// What to do with a request that carries a key.
#[derive(Debug)]
pub enum Begun {
    /// Do it, then finish or release.
    First(Taken),
    /// Repeat this answer.
    Again(Recorded),
    /// It is being done, or was never finished.
    Unfinished {
        /// Since when.
        since: UnixTime,
    },
    /// The key belongs to another request.
    Other,
}

/// Digest of a request: each part with its length in front, so that no two requests give the same octets.
pub fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// Takes the key, or says what it was taken for.
///
/// # Errors
/// When the database or the HSM that guards the installation's secrets is away.
pub async fn begin(app: &App, actor: &Actor, key: &str, request_digest: [u8; 32]) -> Result<Begun, OpError> {
    let (actor, key, now) = (actor.to_string(), key.to_owned(), app.clock.now());
    let row = idempotency_key::row_name(&actor, &key);
    // An answer that could not be sealed afterwards could not be repeated: that must be known before anything is done.
    app.secrets.seal(&app.store, &app.hsms, &app.entropy, idempotency_key::body_place(&row), &[]).await?;
    let taken = Taken { actor: actor.clone(), key: key.clone() };
    let found = app
        .store
        .write(move |c| {
            let free = idempotency_key::begin(c, &actor, &key, request_digest, now, now.minus(KEPT))?;
            if free { Ok((true, None)) } else { Ok((false, idempotency_key::find(c, &actor, &key)?)) }
        })
        .await?;
    let found = match found {
        (true, _) => return Ok(Begun::First(taken)),
        (false, Some(found)) => found,
        // It was given back between the two looks.
        (false, None) => return Ok(Begun::Unfinished { since: now }),
    };
    if found.request_digest != request_digest {
        return Ok(Begun::Other);
    }
    let (Some(status), Some(body)) = (found.status, found.body) else {
        return Ok(Begun::Unfinished { since: found.started_at });
    };
    let body = app.secrets.open(&app.store, &app.hsms, idempotency_key::body_place(&row), &body).await?;
    let status = u16::try_from(status).map_err(|fault| OpError::Integrity(format!("idempotency_key: {fault}")))?;
    Ok(Begun::Again(Recorded { status, content_type: found.content_type, location: found.location, body }))
}

/// Records what was answered.
///
/// # Errors
/// When the database or the HSM is away; then the key stays taken.
pub async fn finish(app: &App, taken: Taken, recorded: Recorded) -> Result<(), OpError> {
    let Taken { actor, key } = taken;
    let row = idempotency_key::row_name(&actor, &key);
    let place = idempotency_key::body_place(&row);
    let body = app.secrets.seal(&app.store, &app.hsms, &app.entropy, place, &recorded.body).await?;
    let Recorded { status, content_type, location, .. } = recorded;
    let answer = Answer { status: status.into(), content_type, location, body };
    let now = app.clock.now();
    Ok(app.store.write(move |c| idempotency_key::finish(c, &actor, &key, &answer, now)).await?)
}

/// Frees the key of a request that did nothing.
///
/// # Errors
/// When the database fails; then the key stays taken.
pub async fn release(app: &App, taken: Taken) -> Result<(), OpError> {
    let Taken { actor, key } = taken;
    Ok(app.store.write(move |c| idempotency_key::release(c, &actor, &key)).await?)
}
