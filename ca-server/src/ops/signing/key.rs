//! The key of a signing profile, or of the time-stamping authority: made inside an HSM when it is first needed.

use std::collections::BTreeSet;

use ca_core::hsm::{KeyId, KeyRef, KeySpec, KeyState, NewKey, SignPurpose};
use ca_core::policy::Actor;
use ca_core::policy::action::{Action as _, MakeSigningKey};
use ca_core::signing::SigningProfile;
use ca_core::x509::SubjectPublicKeyInfo;

use super::JOB;
use super::history::job_origin;
use crate::app::App;
use crate::ops::{OpError, audit, idempotency};
use crate::store::audit_event;
use crate::store::hsm_key::HsmKey;
use crate::store::signing_key::{self, SigningKey};

/// For whom a key is made, and for what.
pub(in crate::ops) struct KeyOwner {
    /// A signing profile, or another part of the server by a name that no profile can have.
    pub(in crate::ops) name: String,
    /// The same in words.
    pub(in crate::ops) whose: String,
    /// Type of the key.
    pub(in crate::ops) spec: KeySpec,
    /// All that it may sign.
    pub(in crate::ops) purpose: SignPurpose,
    /// What the HSM calls it.
    pub(in crate::ops) label: String,
}

impl KeyOwner {
    /// A signing profile.
    pub(super) fn of(profile: &SigningProfile) -> Self {
        Self {
            name: profile.name().to_owned(),
            whose: format!("the signing profile {}", profile.name()),
            spec: profile.key(),
            purpose: SignPurpose::Artifact,
            label: format!("signing-{}", profile.name().replace('/', "-")),
        }
    }
}

/// The key of its owner in an HSM, made now if there is none.
///
/// # Errors
/// When the HSM is away or not configured; policy.
pub(in crate::ops) async fn obtain(app: &App, owner: &KeyOwner, hsm: &str) -> Result<(SigningKey, HsmKey), OpError> {
    if let Some(found) = find(app, owner, hsm).await? {
        return Ok(found);
    }
    let act = MakeSigningKey { hsm: hsm.to_owned(), profile: owner.name.clone(), key: owner.spec };
    let permitted = app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?;
    let row = make(app, owner, hsm).await?;
    let object = permitted.action().resource().to_string();
    let event =
        audit::event(app, &permitted, &job_origin(app), object).detail("key", &row.id).detail("profile", &owner.name);
    let name = owner.name.clone();
    let write = app.store.write(move |c| {
        if signing_key::insert(c, &name, &row)? {
            audit_event::insert(c, &event)?;
        }
        Ok(())
    });
    write.await?;
    let lost = || OpError::Integrity(format!("the key of {} is not recorded", owner.whose));
    find(app, owner, hsm).await?.ok_or_else(lost)
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

async fn make(app: &App, owner: &KeyOwner, hsm: &str) -> Result<HsmKey, OpError> {
    let missing = || OpError::NotFound(format!("the HSM {hsm:?} of {} is not configured", owner.whose));
    let found = app.hsms.get(hsm).ok_or_else(missing)?;
    let new = NewKey {
        id: key_id(app, owner, hsm),
        spec: owner.spec,
        label: owner.label.clone(),
        purposes: BTreeSet::from([owner.purpose]),
        state: KeyState::Active,
    };
    let made = found.generate(new).await.inspect_err(|error| app.hsm_watch.failed(hsm, app.clock.now(), error))?;
    let now = app.clock.now();
    Ok(HsmKey {
        id: made.key.id.to_string(),
        hsm: hsm.to_owned(),
        locator: made.key.locator.clone(),
        algorithm: owner.spec.to_string(),
        public_key: made.key.public_key.as_der().to_vec(),
        spki_sha256: made.key.public_key.sha256(),
        purposes: owner.purpose.to_string(),
        state: KeyState::Active.to_string(),
        provenance: format!("generated in HSM {hsm:?} for {}", owner.whose),
        created_at: now,
        state_changed_at: now,
    })
}

async fn find(app: &App, owner: &KeyOwner, hsm: &str) -> Result<Option<(SigningKey, HsmKey)>, OpError> {
    let (name, hsm, key) = (owner.name.clone(), hsm.to_owned(), owner.spec.to_string());
    Ok(app.store.read(move |c| signing_key::of_profile(c, &name, &hsm, &key)).await?)
}

/// The same id each time, so that a server which dies between the HSM and the database makes no second key.
fn key_id(app: &App, owner: &KeyOwner, hsm: &str) -> KeyId {
    let key = owner.spec.to_string();
    // The first authority's key tells installations apart that share a token.
    let root = app.authorities.all().first().map(|root| root.issuer.certificate().fingerprint()).unwrap_or_default();
    let hash = idempotency::digest(&[&root, owner.name.as_bytes(), hsm.as_bytes(), key.as_bytes()]);
    let mut octets = [0; 16];
    octets.copy_from_slice(hash.get(..16).unwrap_or(&[0; 16]));
    // RFC 9562 §5.8: a version for what is made of our own content.
    KeyId::new(uuid::Builder::from_custom_bytes(octets).into_uuid())
}
