//! Key and certificate of the time-stamping authority: made by the server itself with the first timestamp, the certificate
//! renewed when a third of its life is left.

use std::sync::Arc;

use ca_core::hsm::SignPurpose;
use ca_core::policy::Actor;
use ca_core::timestamp::{Rejection, TsaSigner};
use ca_core::x509::name::SubjectAttribute;
use ca_core::x509::{Certificate, SubjectPublicKeyInfo};

use super::KEY_OWNER;
use super::obstacle::Failure;
use crate::app::App;
use crate::authorities::Authority;
use crate::ops::certificate::issue::{Asked, issue};
use crate::ops::signing::key::{self, KeyOwner};
use crate::ops::signing::{JOB, certificate as path, job_origin};
use crate::ops::{OpError, hsm};
use crate::store::fields::CertificateId;
use crate::store::hsm_key::HsmKey;
use crate::store::signing_key::{self, SigningKey};
use crate::store::{Connection, certificate, issuance_intent};

/// A certificate with its key, ready to stamp.
pub(super) struct Ready {
    pub(super) certificate: CertificateId,
    pub(super) signer: TsaSigner,
    /// Name of the HSM with the key.
    pub(super) hsm: String,
}

/// The present certificate, made now if there is none.
///
/// # Errors
/// When profile, policy, lint, HSM or database stand against making one, or did a moment ago.
pub(super) async fn ready(app: &App) -> Result<Arc<Ready>, Rejection> {
    if let Some(kept) = kept(app) {
        return Ok(kept);
    }
    let mut failure = app.timestamps.making.lock().await;
    if let Some(made_meanwhile) = kept(app) {
        return Ok(made_meanwhile);
    }
    if let Some(rejection) = failure.as_ref().and_then(|failure| failure.answer(app.clock.now())) {
        return Err(rejection);
    }
    *failure = None;
    refresh(app).await.map_err(|error| failure.insert(Failure::new(app.clock.now(), &error)).rejection.clone())
}

fn kept(app: &App) -> Option<Arc<Ready>> {
    let kept = app.timestamps.signer.load_full()?;
    let chain = kept.signer.chain();
    let timely = kept.signer.certificate().validity().contains(app.clock.now());
    (timely && path::revoked_above(app, chain).is_none()).then_some(kept)
}

/// Renews the certificate of an authority that has one, and notices one that another server renewed. A clock that is not
/// believed makes no certificates either.
///
/// # Errors
/// When profile, policy, lint, HSM or database stand against renewing.
pub(super) async fn renew(app: &App) -> Result<(), OpError> {
    if app.timestamps.guard.trust(&app.clock, &app.settings.timestamp).is_err() {
        return Ok(());
    }
    let mut failure = app.timestamps.making.lock().await;
    if stored(app).await?.is_some_and(|(row, _)| row.certificate_id.is_some()) {
        refresh(app).await?;
        *failure = None;
    }
    Ok(())
}

/// The certificate as it is, if there is one that serves.
///
/// # Errors
/// When the database fails.
pub(super) async fn certificate_of(app: &App) -> Result<Option<Certificate>, OpError> {
    let Some((row, _)) = stored(app).await? else { return Ok(None) };
    Ok(present(app, authority(app)?, &row).await?.map(|(_, certificate)| certificate))
}

async fn stored(app: &App) -> Result<Option<(SigningKey, HsmKey)>, OpError> {
    let (hsm, key) = (hsm_of(app, authority(app)?).to_owned(), app.settings.timestamp.key.to_string());
    let read = move |c: &mut Connection| signing_key::of_profile(c, KEY_OWNER, &hsm, &key);
    Ok(app.store.read(read).await?)
}

async fn refresh(app: &App) -> Result<Arc<Ready>, OpError> {
    let authority = authority(app)?;
    let above = path::path(app, authority.issuer.certificate().clone())?;
    if let Some(revoked) = path::revoked_above(app, &above) {
        return Err(OpError::AuthorityRevoked { authority: revoked.name.clone() });
    }
    let (row, key) = key::obtain(app, &owner(app), hsm_of(app, authority)).await?;
    let (id, certificate) = match present(app, authority, &row).await? {
        Some(found) => found,
        None => {
            let made = certify(app, authority, &key).await?;
            settle(app, authority, &row, made).await?
        }
    };
    let (key_ref, state) = key::reference(&key)?;
    let signer = TsaSigner::new(path::path(app, certificate)?, key_ref, state);
    let signer = signer.map_err(|fault| OpError::Integrity(format!("the time-stamping authority: {fault}")))?;
    let ready = Arc::new(Ready { certificate: id, signer, hsm: key.hsm });
    app.timestamps.signer.store(Some(Arc::clone(&ready)));
    Ok(ready)
}

/// The certificate as it is, if it still serves, and is the one that the configuration asks for.
async fn present(
    app: &App,
    authority: &Authority,
    row: &SigningKey,
) -> Result<Option<(CertificateId, Certificate)>, OpError> {
    let Some(id) = row.certificate_id else { return Ok(None) };
    let Some(found) = app.store.read(move |c| certificate::by_id(c, id)).await? else { return Ok(None) };
    let certificate = Certificate::from_der(&found.der)
        .map_err(|fault| OpError::Integrity(format!("certificate {}: {fault}", found.record.id)))?;
    let (validity, now, record) = (certificate.validity(), app.clock.now(), &found.record);
    let serves = validity.contains(now) && validity.not_after.since(now) > validity.duration() / 3;
    let asked_for = record.issuer == authority.issuer.slug() && record.profile == app.settings.timestamp.profile;
    Ok((record.revoked_at.is_none() && serves && asked_for).then_some((id, certificate)))
}

/// A certificate takes its place. All servers stamp under one: when another server was quicker, under that one's.
async fn settle(
    app: &App,
    authority: &Authority,
    row: &SigningKey,
    (certificate, id): (Certificate, CertificateId),
) -> Result<(CertificateId, Certificate), OpError> {
    let (key, before) = (row.key_id.clone(), row.certificate_id);
    if app.store.write(move |c| signing_key::certify(c, &key, before, id)).await? {
        return Ok((id, certificate));
    }
    let replaced = || OpError::Conflict("the certificate of this time-stamping authority is being replaced".to_owned());
    let key = row.key_id.clone();
    let (newest, _) = app.store.read(move |c| signing_key::by_id(c, &key)).await?.ok_or_else(replaced)?;
    present(app, authority, &newest).await?.ok_or_else(replaced)
}

async fn certify(app: &App, authority: &Authority, key: &HsmKey) -> Result<(Certificate, CertificateId), OpError> {
    // With the HSM away every try would leave an intent behind.
    hsm::probe(&app.policies.load_full(), &hsm::READINESS, &**app.hsm_of(authority)?).await?;
    let public_key = SubjectPublicKeyInfo::from_der(&key.public_key);
    let public_key = public_key.map_err(|fault| OpError::Integrity(format!("key {}: {fault}", key.id)))?;
    let hash = key.spki_sha256;
    if app.store.read(move |c| issuance_intent::is_open_for(c, hash)).await? {
        let text = "the certificate of this time-stamping authority is begun, and is finished or given up first";
        return Err(OpError::Conflict(text.to_owned()));
    }
    let asked = Asked {
        authority,
        profile: &app.settings.timestamp.profile,
        public_key: &public_key,
        subject: vec![(SubjectAttribute::CommonName, format!("{} time stamping", app.installation_name))],
        names: Vec::new(),
        validity: None,
        project_purpose: None,
        owner: Some("the time-stamping authority of this server".to_owned()),
    };
    issue(app, &Actor::Job { name: JOB }, &job_origin(app), asked).await
}

fn owner(app: &App) -> KeyOwner {
    KeyOwner {
        name: KEY_OWNER.to_owned(),
        profile: KEY_OWNER.to_owned(),
        request: None,
        whose: "the time-stamping authority".to_owned(),
        spec: app.settings.timestamp.key,
        purpose: SignPurpose::Timestamp,
        label: "timestamping".to_owned(),
    }
}

fn authority(app: &App) -> Result<&Authority, OpError> {
    match &app.settings.timestamp.issuer {
        Some(name) => app.authorities.by_name(name),
        None => app.authorities.default_issuing(),
    }
}

fn hsm_of<'a>(app: &'a App, authority: &'a Authority) -> &'a str {
    app.settings.timestamp.hsm.as_deref().unwrap_or(&authority.hsm)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn of_two_servers_that_renew_at_the_same_time_the_quicker_one_gives_the_certificate() {
        let installation = testing::sqlite().await;
        let app = &installation.app;
        let authority = authority(app).unwrap();
        let (row, key) = key::obtain(app, &owner(app), "local").await.unwrap();
        let (quick, slow) =
            (certify(app, authority, &key).await.unwrap(), certify(app, authority, &key).await.unwrap());
        let quick = (quick.1, quick.0);
        assert_eq!(settle(app, authority, &row, (quick.1.clone(), quick.0)).await.unwrap(), quick);
        assert_eq!(settle(app, authority, &row, slow).await.unwrap(), quick);
        assert_eq!(ready(app).await.unwrap().certificate, quick.0);
    }
}
