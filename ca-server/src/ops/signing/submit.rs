//! Asking for signatures.

use ca_core::acme::Problem;
use ca_core::policy::action::SubmitSigning;
use ca_core::policy::{Actor, Permitted};
use ca_core::signing::{SigningEvent, SigningProfile, SigningState};
use ca_core::x509::Certificate;
use zeroize::Zeroizing;

use super::ask::{Asked, Understood, check_profile};
use super::history::Record;
use super::tokens::{self, SingleUse};
use super::{denial, limits, people, process, telling};
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::issue::blocked_since;
use crate::ops::request::people::person;
use crate::ops::{OpError, audit, idempotency};
use crate::store::error::UniqueKey;
use crate::store::fields::{Sha256, SigningEventKind, SigningRequestId};
use crate::store::signing_item::StoredItem;
use crate::store::signing_request::{self, StoredSigningRequest};
use crate::store::signing_usage::{self, Allowance, Exhausted};
use crate::store::{Connection, StoreError, certificate, signing_item};

/// A request, whether it is new, and a token to follow it by.
#[derive(Debug)]
pub struct Submitted {
    /// Its id.
    pub id: SigningRequestId,
    /// Whether it was made now.
    pub is_new: bool,
    /// Opens this request and nothing else.
    pub token: Zeroizing<String>,
}

/// Artifacts stored in one write.
const CHUNK: usize = 400;

/// A submission that a server which died left unfinished makes room after so many seconds.
pub(super) const UNFINISHED: std::time::Duration = std::time::Duration::from_secs(60);

/// Asks for signatures. The same artifacts asked for again by the same subject, under the same profile and in the same
/// format, are the same request.
///
/// # Errors
/// [`OpError::Untrusted`] when no rule of the profile fits, with what each of them misses; a problem with status 401 for a
/// token that asked for something else before, 422 for what cannot be signed, 403, 409 or 429 for the limits, and 503 while
/// the same is being submitted.
pub async fn submit(app: &App, actor: &Actor, origin: &Origin, asked: &Asked) -> Result<Submitted, OpError> {
    let profile = app.policies.load().signing_profile(&asked.profile).map(std::sync::Arc::clone);
    let unknown = || OpError::NotFound(format!("there is no signing profile {:?}", asked.profile));
    let profile = profile.ok_or_else(unknown)?;
    let understood = asked.understand()?;
    let permitted = admit(app, actor, origin, &profile, &understood).await?;
    check_profile(&profile, &understood.set)?;
    let subject = people::subject(app, actor).await?;
    let key = open_key(&profile, &understood, &subject);
    if let Some(single) = SingleUse::of(actor) {
        single.note(app, key).await?;
    }
    if let Some(found) = standing(app, &profile, key).await? {
        return Ok(Submitted { token: tokens::issue(app, found).await?, id: found, is_new: false });
    }
    let allowance = limits::admit(app, &profile, origin, understood.items.len()).await?;
    let row = row(app, actor, asked, &profile, &understood, subject).await?;
    let id = row.id;
    let record = record(app, &permitted, origin, &row, &profile);
    let lost = match store(app, row, understood.items, key, &allowance, record).await {
        Ok(None) => None,
        Ok(Some(exhausted)) => Some(limits::refuse(&profile, exhausted)),
        Err(OpError::Store(StoreError::Conflict(UniqueKey::Submission))) => {
            Some(later("the same was asked for at this moment: ask again"))
        }
        Err(error) => return Err(error),
    };
    if let Some(refusal) = lost {
        // Perhaps to the same request, made at this moment.
        let id = standing(app, &profile, key).await?.ok_or(refusal)?;
        return Ok(Submitted { token: tokens::issue(app, id).await?, id, is_new: false });
    }
    metrics::counter!("signet_signing_requests_total", "profile" => profile.name().to_owned()).increment(1);
    let token = tokens::issue(app, id).await?;
    if profile.stages().is_empty() {
        process::decide(app, id).await;
    }
    Ok(Submitted { id, is_new: true, token })
}

async fn admit(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    profile: &SigningProfile,
    understood: &Understood,
) -> Result<Permitted<SubmitSigning>, OpError> {
    let act = SubmitSigning {
        profile: profile.name().to_owned(),
        environment: profile.environment().as_str(),
        set: understood.set.clone(),
    };
    let decided = app.policies.load().engine().decide(actor, act.clone());
    match decided {
        Ok(permitted) => Ok(permitted),
        Err(denied) => {
            let unmet = match actor {
                Actor::CiJob { claims, .. } => profile.unmet(claims),
                Actor::ApiToken { roles, .. } => profile.unmet_roles(roles),
                _ => Vec::new(),
            };
            denial::record(app, actor, origin, &act, &denied, &unmet).await;
            Err(OpError::Untrusted { denied: Box::new(denied), unmet })
        }
    }
}

/// What makes two requests one.
fn open_key(profile: &SigningProfile, understood: &Understood, subject: &str) -> Sha256 {
    let set = understood.set.hash();
    let format = understood.set.format().as_str();
    idempotency::digest(&[profile.name().as_bytes(), format.as_bytes(), set.as_bytes(), subject.as_bytes()])
}

/// The request that asks for the same at this moment, or got it and whose signatures may be used again.
async fn standing(app: &App, profile: &SigningProfile, key: Sha256) -> Result<Option<SigningRequestId>, OpError> {
    let Some(found) = app.store.read(move |c| signing_request::by_open_key(c, key)).await? else { return Ok(None) };
    let (id, now) = (found.id, app.clock.now());
    let stands = match found.state {
        SigningState::Received if now.since(found.created_at) < UNFINISHED => {
            return Err(later("the same is being submitted at this moment: ask again"));
        }
        SigningState::Signed => profile.reuses() && !is_withdrawn(app, &found).await?,
        state => state.is_open() && !found.is_overdue(now),
    };
    if stands {
        return Ok(Some(id));
    }
    app.store.write(move |c| signing_request::release_key(c, id)).await?;
    Ok(None)
}

/// Unlike a conflict, it passes by itself: 503 with Retry-After, by which clients ask again.
fn later(why: &str) -> OpError {
    Problem::unavailable(why).into()
}

async fn is_withdrawn(app: &App, row: &StoredSigningRequest) -> Result<bool, OpError> {
    let Some(id) = row.certificate_id else { return Ok(true) };
    let found = app.store.read(move |c| certificate::by_id(c, id)).await?;
    let Some(found) = found.filter(|found| found.record.revoked_at.is_none()) else { return Ok(true) };
    let certificate = Certificate::from_der(&found.der)
        .map_err(|fault| OpError::Integrity(format!("certificate {}: {fault}", found.record.id)))?;
    Ok(blocked_since(app, certificate.public_key()).await?.is_some())
}

async fn row(
    app: &App,
    actor: &Actor,
    asked: &Asked,
    profile: &SigningProfile,
    understood: &Understood,
    subject: String,
) -> Result<StoredSigningRequest, OpError> {
    let claims = match actor {
        Actor::CiJob { claims, .. } => claims.clone(),
        _ => Default::default(),
    };
    let now = app.clock.now();
    Ok(StoredSigningRequest {
        id: SigningRequestId::new(app.entropy.uuid()),
        state: SigningState::Received,
        profile: profile.name().to_owned(),
        profile_hash: *profile.hash().as_bytes(),
        environment: profile.environment().as_str().to_owned(),
        format: understood.set.format(),
        digest_set: *understood.set.hash().as_bytes(),
        items: i64::try_from(understood.items.len()).unwrap_or(i64::MAX),
        reason: asked.reason.clone(),
        subject,
        requester: actor.to_string(),
        requester_person: person(app, actor).await?,
        job_person: people::of_claims(&claims).into_iter().next(),
        claims,
        provenance: asked.provenance.clone(),
        glass_broken_by: None,
        certificate_id: None,
        key_id: None,
        outcome: None,
        retryable: false,
        attempts: 0,
        created_at: now,
        expires_at: now.plus(understood.expires_in.unwrap_or(profile.expires())),
        ended_at: None,
    })
}

fn record(
    app: &App,
    permitted: &Permitted<SubmitSigning>,
    origin: &Origin,
    row: &StoredSigningRequest,
    profile: &SigningProfile,
) -> Record {
    let need: u32 = profile.stages().iter().map(|stage| stage.required).sum();
    let told = if need == 0 { Vec::new() } else { telling::submitted(app, row, need) };
    let provenance = row.provenance.iter().map(|(name, text)| format!("{name}={text}"));
    Record::of(app, permitted, origin, row.id, SigningEventKind::Submitted, row.reason.clone())
        .detail("profile", &row.profile)
        .detail("profile_version", profile.hash())
        .detail("format", row.format)
        .detail("digest_set", row.set())
        .detail("items", row.items)
        .detail("subject", &row.subject)
        .detail("provenance", audit::list(provenance))
        .telling(told)
}

/// The request becomes visible with its last artifacts: before, nobody decides about it. Nothing is stored when a limit is
/// reached, also by somebody who asks at the same moment.
async fn store(
    app: &App,
    row: StoredSigningRequest,
    items: Vec<StoredItem>,
    key: Sha256,
    allowance: &Allowance,
    record: Record,
) -> Result<Option<Exhausted>, OpError> {
    let (id, now) = (row.id, app.clock.now());
    let mut chunks: Vec<Vec<StoredItem>> = items.chunks(CHUNK).map(<[StoredItem]>::to_vec).collect();
    let last = chunks.pop().unwrap_or_default();
    let mut new = Some(New { row, key, allowance: allowance.clone() });
    for chunk in chunks {
        let new = new.take();
        let write = app.store.write(move |c| put(c, new.as_ref(), id, &chunk));
        if let Some(exhausted) = write.await? {
            return Ok(Some(exhausted));
        }
    }
    let write = app.store.write(move |c| {
        if let Some(exhausted) = put(c, new.as_ref(), id, &last)? {
            return Ok(Some(exhausted));
        }
        signing_request::advance(c, id, SigningEvent::Admit, now)?;
        record.write(c)?;
        Ok(None)
    });
    Ok(write.await?)
}

/// A request that is to be stored with its first artifacts.
struct New {
    row: StoredSigningRequest,
    key: Sha256,
    allowance: Allowance,
}

fn put(
    c: &mut Connection,
    new: Option<&New>,
    id: SigningRequestId,
    items: &[StoredItem],
) -> Result<Option<Exhausted>, StoreError> {
    if let Some(New { row, key, allowance }) = new {
        if let Some(exhausted) = signing_usage::reserve(c, allowance, row.items)? {
            return Ok(Some(exhausted));
        }
        signing_request::insert(c, row, *key)?;
    }
    signing_item::insert(c, id, items)?;
    Ok(None)
}
