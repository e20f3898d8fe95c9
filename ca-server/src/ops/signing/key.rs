//! The key of a signing profile: made inside an HSM when it is first needed.

use std::collections::BTreeSet;

use ca_core::hsm::{KeyId, KeyState, NewKey, SignPurpose};
use ca_core::policy::Actor;
use ca_core::policy::action::{Action as _, MakeSigningKey};
use ca_core::signing::SigningProfile;

use super::JOB;
use super::history::job_origin;
use crate::app::App;
use crate::ops::{OpError, audit, idempotency};
use crate::store::audit_event;
use crate::store::hsm_key::HsmKey;
use crate::store::signing_key::{self, SigningKey};

/// The key of a profile in an HSM, made now if there is none.
///
/// # Errors
/// When the HSM is away or not configured; policy.
pub(super) async fn obtain(app: &App, profile: &SigningProfile, hsm: &str) -> Result<(SigningKey, HsmKey), OpError> {
    if let Some(found) = find(app, profile, hsm).await? {
        return Ok(found);
    }
    let act = MakeSigningKey { hsm: hsm.to_owned(), profile: profile.name().to_owned(), key: profile.key() };
    let permitted = app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?;
    let missing =
        || OpError::NotFound(format!("the HSM {hsm:?} of the signing profile {} is not configured", profile.name()));
    let found = app.hsms.get(hsm).ok_or_else(missing)?;
    let new = NewKey {
        id: key_id(app, profile, hsm),
        spec: profile.key(),
        label: format!("signing-{}", profile.name().replace('/', "-")),
        purposes: BTreeSet::from([SignPurpose::Artifact]),
        state: KeyState::Active,
    };
    let made = found.generate(new).await.inspect_err(|error| app.hsm_watch.failed(hsm, app.clock.now(), error))?;
    let now = app.clock.now();
    let row = HsmKey {
        id: made.key.id.to_string(),
        hsm: hsm.to_owned(),
        locator: made.key.locator.clone(),
        algorithm: profile.key().to_string(),
        public_key: made.key.public_key.as_der().to_vec(),
        spki_sha256: made.key.public_key.sha256(),
        purposes: SignPurpose::Artifact.to_string(),
        state: KeyState::Active.to_string(),
        provenance: format!("generated in HSM {hsm:?} for the signing profile {}", profile.name()),
        created_at: now,
        state_changed_at: now,
    };
    let object = permitted.action().resource().to_string();
    let event = audit::event(app, &permitted, &job_origin(app), object)
        .detail("key", &row.id)
        .detail("profile", profile.name());
    let name = profile.name().to_owned();
    let write = app.store.write(move |c| {
        if signing_key::insert(c, &name, &row)? {
            audit_event::insert(c, &event)?;
        }
        Ok(())
    });
    write.await?;
    let lost = || OpError::Integrity(format!("the key of the signing profile {} is not recorded", profile.name()));
    find(app, profile, hsm).await?.ok_or_else(lost)
}

async fn find(app: &App, profile: &SigningProfile, hsm: &str) -> Result<Option<(SigningKey, HsmKey)>, OpError> {
    let (name, hsm, key) = (profile.name().to_owned(), hsm.to_owned(), profile.key().to_string());
    Ok(app.store.read(move |c| signing_key::of_profile(c, &name, &hsm, &key)).await?)
}

/// The same id each time, so that a server which dies between the HSM and the database makes no second key.
fn key_id(app: &App, profile: &SigningProfile, hsm: &str) -> KeyId {
    let key = profile.key().to_string();
    // The first authority's key tells installations apart that share a token.
    let root = app.authorities.all().first().map(|root| root.issuer.certificate().fingerprint()).unwrap_or_default();
    let hash = idempotency::digest(&[&root, profile.name().as_bytes(), hsm.as_bytes(), key.as_bytes()]);
    let mut octets = [0; 16];
    octets.copy_from_slice(hash.get(..16).unwrap_or(&[0; 16]));
    // RFC 9562 §5.8: a version for what is made of our own content.
    KeyId::new(uuid::Builder::from_custom_bytes(octets).into_uuid())
}
