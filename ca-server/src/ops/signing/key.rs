//! The key of a signing profile, of one of its requests, or of the time-stamping authority: made inside an HSM when it is
//! first needed, and never used again once it is blocked.

use std::collections::BTreeSet;

use ca_core::hsm::{KeyId, KeyRef, KeySpec, KeyState, NewKey, SignPurpose};
use ca_core::policy::action::{Action as _, MakeSigningKey};
use ca_core::policy::{Actor, Permitted};
use ca_core::signing::SigningProfile;
use ca_core::x509::SubjectPublicKeyInfo;

use super::history::job_origin;
use super::{JOB, retire};
use crate::app::App;
use crate::ops::{OpError, audit, hsm as hsms, idempotency, issue};
use crate::store::audit_event;
use crate::store::fields::SigningRequestId;
use crate::store::hsm_key::HsmKey;
use crate::store::signing_key::{self, SigningKey};

/// For whom a key is made, and for what.
pub(in crate::ops) struct KeyOwner {
    /// A signing profile, one of its requests, or another part of the server by a name that no profile can have.
    pub(in crate::ops) name: String,
    /// The signing profile, as policies and the audit trail know it.
    pub(in crate::ops) profile: String,
    /// The request after whose end the key is destroyed.
    pub(in crate::ops) request: Option<SigningRequestId>,
    /// The owner in words.
    pub(in crate::ops) whose: String,
    /// Type of the key.
    pub(in crate::ops) spec: KeySpec,
    /// All that it may sign.
    pub(in crate::ops) purpose: SignPurpose,
    /// What the HSM calls it, with the first digits of its id behind.
    pub(in crate::ops) label: String,
}

impl KeyOwner {
    /// A signing profile, whose key serves all requests.
    pub(super) fn of(profile: &SigningProfile) -> Self {
        Self {
            name: profile.name().to_owned(),
            profile: profile.name().to_owned(),
            request: None,
            whose: format!("the signing profile {}", profile.name()),
            spec: profile.key(),
            purpose: SignPurpose::Artifact,
            label: format!("signing-{}", profile.name().replace('/', "-")),
        }
    }

    /// One request under a profile.
    pub(super) fn of_request(profile: &SigningProfile, request: SigningRequestId) -> Self {
        Self {
            name: format!("{}:{request}", profile.name()),
            request: Some(request),
            whose: format!("the signing request {request}"),
            ..Self::of(profile)
        }
    }
}

/// The key of its owner in an HSM, made now if there is none. The place of a blocked one is taken by a new one.
///
/// # Errors
/// `BlockedKey` when the key of a request is blocked; when the HSM is away or not configured; policy.
pub(in crate::ops) async fn obtain(app: &App, owner: &KeyOwner, hsm: &str) -> Result<(SigningKey, HsmKey), OpError> {
    let reserved = match find(app, owner, hsm).await? {
        Some((row, Some(key))) => match blocked(app, &key).await? {
            None => return Ok((row, key)),
            Some(reason) if row.request_id.is_some() => return Err(OpError::BlockedKey(reason)),
            Some(reason) => {
                let next = reservation(app, owner, hsm, row.generation + 1);
                retire::replace(app, owner, (row, key), next, &reason).await?;
                reserved(app, owner, hsm).await?
            }
        },
        Some((row, None)) => row,
        None => {
            let _ = permit(app, owner, hsm)?;
            let new = reservation(app, owner, hsm, 1);
            app.store.write(move |c| signing_key::reserve(c, &new)).await?;
            reserved(app, owner, hsm).await?
        }
    };
    make(app, owner, reserved).await
}

/// Where the HSM has a key, and in which state it is.
///
/// # Errors
/// [`OpError::Integrity`] for a row that cannot be read.
pub(in crate::ops) fn reference(key: &HsmKey) -> Result<(KeyRef, KeyState), OpError> {
    let damaged = |fault: &dyn std::fmt::Display| OpError::Integrity(format!("key {}: {fault}", key.id));
    let found = KeyRef {
        id: key.id.parse().map_err(|fault| damaged(&fault))?,
        locator: key.locator.clone(),
        public_key: SubjectPublicKeyInfo::from_der(&key.public_key).map_err(|fault| damaged(&fault))?,
    };
    Ok((found, key.state.parse().map_err(|fault| damaged(&fault))?))
}

async fn blocked(app: &App, key: &HsmKey) -> Result<Option<String>, OpError> {
    issue::blocked_reason(app, &reference(key)?.0.public_key).await
}

fn permit(app: &App, owner: &KeyOwner, hsm: &str) -> Result<Permitted<MakeSigningKey>, OpError> {
    let act = MakeSigningKey { hsm: hsm.to_owned(), profile: owner.profile.clone(), key: owner.spec };
    Ok(app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?)
}

/// Has the HSM make what is reserved. Whoever does the same at this moment gets the same key.
async fn make(app: &App, owner: &KeyOwner, row: SigningKey) -> Result<(SigningKey, HsmKey), OpError> {
    let permitted = permit(app, owner, &row.hsm)?;
    let (made, reference) = generate(app, owner, &row).await?;
    let object = permitted.action().resource().to_string();
    let event = audit::event(app, &permitted, &job_origin(app), object)
        .detail("key", &made.id)
        .detail("profile", &owner.profile)
        .detail_if_any("request", owner.request);
    let (stored, id) = (made.clone(), made.id.clone());
    let write = app.store.write(move |c| {
        if signing_key::record(c, &stored)? {
            audit_event::insert(c, &event)?;
        }
        signing_key::by_id(c, &id)
    });
    match write.await? {
        Some((row, kept)) if kept.spki_sha256 == made.spki_sha256 => Ok((row, kept)),
        // Its request ended long ago and its key was destroyed: this one is nobody's.
        _ => {
            hsms::destroy(hsm(app, owner, &row.hsm)?, &reference).await?;
            Err(OpError::Conflict(format!("the key of {} was destroyed meanwhile", owner.whose)))
        }
    }
}

async fn generate(app: &App, owner: &KeyOwner, row: &SigningKey) -> Result<(HsmKey, KeyRef), OpError> {
    let damaged = |fault: uuid::Error| OpError::Integrity(format!("signing key {}: {fault}", row.key_id));
    let new = NewKey {
        id: KeyId::new(row.key_id.parse().map_err(damaged)?),
        spec: owner.spec,
        label: label(owner, &row.key_id),
        purposes: BTreeSet::from([owner.purpose]),
        state: KeyState::Active,
    };
    let made = hsm(app, owner, &row.hsm)?.generate(new).await;
    let made = made.inspect_err(|error| app.hsm_watch.failed(&row.hsm, app.clock.now(), error))?;
    let now = app.clock.now();
    let key = HsmKey {
        id: made.key.id.to_string(),
        hsm: row.hsm.clone(),
        locator: made.key.locator.clone(),
        algorithm: owner.spec.to_string(),
        public_key: made.key.public_key.as_der().to_vec(),
        spki_sha256: made.key.public_key.sha256(),
        purposes: owner.purpose.to_string(),
        state: KeyState::Active.to_string(),
        provenance: format!("generated in HSM {:?} for {}", row.hsm, owner.whose),
        created_at: now,
        state_changed_at: now,
    };
    Ok((key, made.key))
}

fn hsm<'a>(app: &'a App, owner: &KeyOwner, name: &str) -> Result<&'a dyn ca_core::hsm::Hsm, OpError> {
    let missing = || OpError::NotFound(format!("the HSM {name:?} of {} is not configured", owner.whose));
    app.hsms.get(name).map(|found| &**found).ok_or_else(missing)
}

async fn find(app: &App, owner: &KeyOwner, hsm: &str) -> Result<Option<(SigningKey, Option<HsmKey>)>, OpError> {
    let (name, hsm, key) = (owner.name.clone(), hsm.to_owned(), owner.spec.to_string());
    Ok(app.store.read(move |c| signing_key::of_owner(c, &name, &hsm, &key)).await?)
}

async fn reserved(app: &App, owner: &KeyOwner, hsm: &str) -> Result<SigningKey, OpError> {
    let lost = || OpError::Conflict(format!("the key of {} is being replaced at this moment", owner.whose));
    Ok(find(app, owner, hsm).await?.ok_or_else(lost)?.0)
}

fn reservation(app: &App, owner: &KeyOwner, hsm: &str, generation: i64) -> SigningKey {
    SigningKey {
        key_id: key_id(app, owner, hsm, generation).to_string(),
        profile: owner.name.clone(),
        hsm: hsm.to_owned(),
        algorithm: owner.spec.to_string(),
        certificate_id: None,
        request_id: owner.request,
        generation,
        created_at: app.clock.now(),
    }
}

/// A label has at most 64 characters and is unique in its HSM: the id tells keys of one name apart.
fn label(owner: &KeyOwner, id: &str) -> String {
    let name: String = owner.label.chars().take(55).collect();
    format!("{name}.{}", id.get(..8).unwrap_or(id))
}

/// The same id each time, so that a server which dies between the HSM and the database makes no second key.
fn key_id(app: &App, owner: &KeyOwner, hsm: &str, generation: i64) -> KeyId {
    let (key, generation) = (owner.spec.to_string(), generation.to_be_bytes());
    // The first authority's key tells installations apart that share a token.
    let root = app.authorities.all().first().map(|root| root.issuer.certificate().fingerprint()).unwrap_or_default();
    let parts: [&[u8]; 5] = [&root, owner.name.as_bytes(), hsm.as_bytes(), key.as_bytes(), &generation];
    let hash = idempotency::digest(&parts);
    let mut octets = [0; 16];
    octets.copy_from_slice(hash.get(..16).unwrap_or(&[0; 16]));
    // RFC 9562 §5.8: a version for what is made of our own content.
    KeyId::new(uuid::Builder::from_custom_bytes(octets).into_uuid())
}
