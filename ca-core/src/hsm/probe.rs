//! Does an HSM sign? Asked with a canary key that exists for this purpose only, never with an authority's key.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::independent::{self, Verdict};
use super::{Failure, Hsm, HsmError, Input, KeyId, KeyRef, KeyState, NewKey, SignPurpose, SignRequest};
use super::{clock, entropy};
use crate::x509::SignatureAlgorithm;

/// The label that canary keys share.
pub const CANARY_LABEL: &str = "signet-canary";

/// Set before the nonce, so that nothing signed here can be taken for something else.
const PREFIX: &[u8] = b"signet hsm probe v1\0";

const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The canary key of one HSM, remembered between probes so that a probe costs one signature.
#[derive(Debug, Default)]
pub struct Canary(Mutex<Option<KeyRef>>);

impl Canary {
    /// Probes `hsm`, finding or making the canary key first if need be.
    ///
    /// # Errors
    /// As [`canary`] and [`probe`]. A canary that is gone or not itself is forgotten; the next call makes another.
    pub async fn health(&self, hsm: &dyn Hsm) -> Result<Health, HsmError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let key = match known {
            Some(key) => key,
            None => canary(hsm).await?,
        };
        let health = probe(hsm, &key).await;
        let gone = health
            .as_ref()
            .is_err_and(|error| matches!(error.failure(), Failure::KeyNotFound { .. } | Failure::KeyMismatch { .. }));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (!gone).then_some(key);
        health
    }
}

/// The HSM signed, and the signature verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The key that was used.
    pub canary: KeyId,
    /// The algorithm.
    pub algorithm: SignatureAlgorithm,
    /// Time from the request to the verified signature.
    pub elapsed: Duration,
    /// Whether a second implementation verified the signature too.
    pub independently_verified: bool,
}

/// The canary key of an HSM: the one that is there, else a new one.
///
/// # Errors
/// Whatever [`Hsm::list`], [`Hsm::capabilities`] or [`Hsm::generate`] answer.
pub async fn canary(hsm: &dyn Hsm) -> Result<KeyRef, HsmError> {
    let keys = hsm.list().await?;
    if let Some(found) = keys.into_iter().find(|key| key.label.starts_with(CANARY_LABEL)) {
        return Ok(found.key);
    }
    let error = |failure| HsmError::new(hsm.name(), failure);
    let spec = hsm.capabilities().await?.cheapest_key();
    let spec = spec.ok_or_else(|| error(Failure::Unsupported("no kind of key that this CA uses".to_owned())))?;
    let id = random_id().map_err(error)?;
    // The label carries the id: two processes that start at once each make a canary without getting in each other's way.
    let label = format!("{CANARY_LABEL}-{id}");
    let purposes = BTreeSet::from([SignPurpose::Probe]);
    Ok(hsm.generate(NewKey { id, spec, label, purposes, state: KeyState::Active }).await?.key)
}

fn random_id() -> Result<KeyId, Failure> {
    Ok(KeyId::new(uuid::Builder::from_random_bytes(entropy::array()?).into_uuid()))
}

/// Signs a fresh nonce with `canary` and verifies the signature with two implementations where there are two.
///
/// # Errors
/// Whatever [`Hsm::sign`] answers; [`Failure::BadSignature`] if the second implementation disagrees.
pub async fn probe(hsm: &dyn Hsm, canary: &KeyRef) -> Result<Health, HsmError> {
    let error = |failure| HsmError::new(hsm.name(), failure).with_key(canary.id);
    let algorithm = SignatureAlgorithm::for_key(canary.public_key.algorithm());
    let message = nonce().map_err(error)?;
    let input = Input::Message(message.clone());
    let request = SignRequest::new(canary.clone(), algorithm, SignPurpose::Probe, KeyState::Active, TIME_LIMIT, input);
    let started = clock::now();
    let signature = hsm.sign(request).await?;
    let elapsed = started.elapsed();
    let verdict = independent::verify(algorithm, &canary.public_key, &message, signature.as_bytes());
    if verdict == Verdict::Disagrees {
        return Err(error(Failure::BadSignature));
    }
    Ok(Health { canary: canary.id, algorithm, elapsed, independently_verified: verdict == Verdict::Agrees })
}

fn nonce() -> Result<Vec<u8>, Failure> {
    Ok([PREFIX, entropy::array::<32>()?.as_slice()].concat())
}
