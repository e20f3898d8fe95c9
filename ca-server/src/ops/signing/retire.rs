//! Taking signing keys out of use for good: those of requests that have ended, and those that are blocked.

use std::collections::HashSet;
use std::time::Duration;

use ca_core::hsm::{Hsm, KeyId, KeyRef, KeyState};
use ca_core::policy::action::{Action as _, RetireSigningKey};
use ca_core::policy::{Actor, Permitted};

use super::history::job_origin;
use super::key::{self, KeyOwner};
use super::{JOB, process};
use crate::app::App;
use crate::ops::{OpError, audit, hsm as hsms};
use crate::store::hsm_key::{self, HsmKey};
use crate::store::signing_key::{self, SigningKey};
use crate::store::{StoreError, audit_event};

/// Keys looked at in one read.
const PAGE: i64 = 100;

/// What was reserved so long ago no server is about to make any more: each works on a request for a lease at a time.
const ABANDONED: Duration = process::LEASE.saturating_mul(60);

/// Destroys the keys of requests that have ended, also what a server left behind that died with one half made. Called as often
/// as anybody likes, by several servers at once.
///
/// # Errors
/// The last thing that stood in the way; what could be destroyed is.
pub async fn ended(app: &App) -> Result<(), OpError> {
    let (mut after, mut result) = (String::new(), Ok(()));
    // An HSM that is away is not asked for each key again, and keeps no other from being cleared.
    let mut away = HashSet::new();
    loop {
        let from = after.clone();
        let page = app.store.read(move |c| signing_key::of_ended_requests(c, &from, PAGE)).await?;
        let Some(last) = page.last() else { return result };
        after.clone_from(&last.key_id);
        for row in page {
            let (id, hsm) = (row.key_id.clone(), row.hsm.clone());
            if away.contains(&hsm) {
                continue;
            }
            if let Err(error) = destroy(app, row).await {
                tracing::warn!(key = id, %error, "the key of a signing request that has ended is not destroyed yet");
                away.insert(hsm);
                result = Err(error);
            }
        }
    }
}

async fn destroy(app: &App, row: SigningKey) -> Result<(), OpError> {
    let id = row.key_id.clone();
    match app.store.read(move |c| hsm_key::by_id(c, &id)).await? {
        Some(key) => made(app, &row, key).await,
        None if app.clock.now() < row.created_at.plus(ABANDONED) => Ok(()),
        None => unrecorded(app, &row).await,
    }
}

async fn made(app: &App, row: &SigningKey, mut key: HsmKey) -> Result<(), OpError> {
    let permitted = permit(app, row, KeyState::Destroyed)?;
    let (reference, state) = key::reference(&key)?;
    // NIST SP 800-57 part 1, §7: only a key out of use is destroyed. From here on it signs nothing, whatever happens.
    if state.may_become(KeyState::Deactivated) {
        let (id, to, now) = (key.id.clone(), KeyState::Deactivated.to_string(), app.clock.now());
        let from = std::mem::replace(&mut key.state, to.clone());
        app.store.write(move |c| hsm_key::set_state(c, &id, &from, &to, now)).await?;
    }
    hsms::destroy(hsm(app, row)?, &reference).await?;
    let event = audit::event(app, &permitted, &job_origin(app), permitted.action().resource().to_string())
        .detail("key", &key.id)
        .detail("state", KeyState::Destroyed)
        .detail("profile", profile(row))
        .detail_if_any("request", row.request_id);
    let now = app.clock.now();
    let write = app.store.write(move |c| {
        if signing_key::destroyed(c, &key, now)? {
            audit_event::insert(c, &event)?;
        }
        Ok::<_, StoreError>(())
    });
    Ok(write.await?)
}

/// A server died between reserving a key and recording it: the HSM may have it.
async fn unrecorded(app: &App, row: &SigningKey) -> Result<(), OpError> {
    let _ = permit(app, row, KeyState::Destroyed)?;
    let id: KeyId = row.key_id.parse().map_err(|fault| OpError::Integrity(format!("key {}: {fault}", row.key_id)))?;
    let hsm = hsm(app, row)?;
    if let Some(found) = hsm.list().await?.into_iter().find(|found| found.key.id == id) {
        hsms::destroy(hsm, &found.key).await?;
        tracing::info!(key = %id, hsm = row.hsm, "a key that was made and never recorded is destroyed");
    }
    let id = row.key_id.clone();
    Ok(app.store.write(move |c| signing_key::forget(c, &id)).await?)
}

/// Gives the place of a blocked key to `next`, in one write; first the HSM is told that the old one signs nothing any more.
///
/// # Errors
/// Policy; when the database fails.
pub(super) async fn replace(
    app: &App,
    owner: &KeyOwner,
    (row, key): (SigningKey, HsmKey),
    next: SigningKey,
    reason: &str,
) -> Result<(), OpError> {
    let permitted = permit(app, &row, KeyState::Compromised)?;
    let (reference, _) = key::reference(&key)?;
    condemn(hsm(app, &row)?, &reference).await;
    tracing::warn!(key = row.key_id, reason, "the key of {} is blocked: another one takes its place", owner.whose);
    let event = audit::event(app, &permitted, &job_origin(app), permitted.action().resource().to_string())
        .detail("key", &row.key_id)
        .detail("state", KeyState::Compromised)
        .detail("profile", &owner.profile)
        .detail("why", reason)
        .detail("replaced_by", &next.key_id);
    let now = app.clock.now();
    let write = app.store.write(move |c| {
        if signing_key::replace(c, (&row, &key), &next, now)? {
            audit_event::insert(c, &event)?;
        }
        Ok::<_, StoreError>(())
    });
    Ok(write.await?)
}

/// Our own record keeps the key from signing, whether or not the HSM takes the hint.
async fn condemn(hsm: &dyn Hsm, key: &KeyRef) {
    let keeps_states = hsm.capabilities().await.is_ok_and(|able| able.keeps_states);
    if keeps_states && let Err(error) = hsm.set_state(key, KeyState::Compromised).await {
        tracing::warn!(%error, "the HSM did not record that a signing key is compromised");
    }
}

fn permit(app: &App, row: &SigningKey, state: KeyState) -> Result<Permitted<RetireSigningKey>, OpError> {
    let act =
        RetireSigningKey { hsm: row.hsm.clone(), profile: profile(row).to_owned(), key: row.key_id.clone(), state };
    Ok(app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?)
}

/// The signing profile of a row that may be a request's.
fn profile(row: &SigningKey) -> &str {
    match row.request_id {
        Some(_) => row.profile.split(':').next().unwrap_or(&row.profile),
        None => &row.profile,
    }
}

fn hsm<'a>(app: &'a App, row: &SigningKey) -> Result<&'a dyn Hsm, OpError> {
    let missing =
        || OpError::NotFound(format!("the HSM {:?} with the signing key {} is not configured", row.hsm, row.key_id));
    app.hsms.get(&row.hsm).map(|found| &**found).ok_or_else(missing)
}
