//! Which certificate signs: one for all requests of a profile, renewed before it ends, or for each request a new one with a key
//! of its own, so that no signature can be moved to another request's certificate.

use ca_core::policy::Actor;
use ca_core::signing::profile::CertificateMode;
use ca_core::signing::profile::trust::ISSUER;
use ca_core::signing::{ArtifactSigner, SigningProfile};
use ca_core::x509::name::SubjectAttribute;
use ca_core::x509::{Certificate, GeneralName, SubjectPublicKeyInfo};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::history::job_origin;
use super::key::{self, KeyOwner};
use super::{JOB, telling};
use crate::app::App;
use crate::authorities::Authority;
use crate::ops::certificate::issue::{self, Asked};
use crate::ops::issue::blocked_reason;
use crate::ops::{OpError, hsm};
use crate::store::fields::{CertificateId, IssuerKind, IssuerState};
use crate::store::hsm_key::HsmKey;
use crate::store::signing_key::{self, SigningKey};
use crate::store::signing_request::StoredSigningRequest;
use crate::store::{Connection, StoreError, certificate};

/// A certificate with its key, ready to sign.
pub(super) struct Chosen {
    pub(super) certificate: CertificateId,
    pub(super) signer: ArtifactSigner,
    /// Name of the HSM with the key.
    pub(super) hsm: String,
}

/// Chooses the certificate of a request.
///
/// # Errors
/// When profile, policy, lint, HSM or database stand against issuing one.
pub(super) async fn choose(app: &App, profile: &SigningProfile, row: &StoredSigningRequest) -> Result<Chosen, OpError> {
    match profile.certificate().mode {
        CertificateMode::Static => shared(app, profile).await,
        CertificateMode::PerRequest => {
            let owner = KeyOwner::of_request(profile, row.id);
            serving(app, profile, &owner, vec![identity(app, row)?]).await
        }
    }
}

/// The certificate that serves all requests of a profile, renewed when a third of its life is left.
///
/// # Errors
/// As [`choose`].
pub(super) async fn shared(app: &App, profile: &SigningProfile) -> Result<Chosen, OpError> {
    serving(app, profile, &KeyOwner::of(profile), Vec::new()).await
}

/// The certificate for the key of an owner, made now if there is none that serves.
async fn serving(
    app: &App,
    profile: &SigningProfile,
    owner: &KeyOwner,
    names: Vec<GeneralName>,
) -> Result<Chosen, OpError> {
    let authority = authority(app, profile)?;
    let (row, key) = key::obtain(app, owner, hsm_of(profile, authority)).await?;
    if let Some(chosen) = present(app, profile, authority, &row, &key).await? {
        return Ok(chosen);
    }
    match certify(app, profile, authority, (&row, &key), names).await {
        Ok((id, certificate)) => ready(app, id, certificate, &key).await,
        // What is left of its life is a reserve for this.
        Err(error) => reserve(app, profile, authority, (&row, &key), error).await,
    }
}

/// Renews the certificate that serves all requests of a profile, unless somebody has.
///
/// # Errors
/// As [`choose`], also while the certificate is still valid.
pub(super) async fn renew(app: &App, profile: &SigningProfile) -> Result<(), OpError> {
    let authority = authority(app, profile)?;
    let (row, key) = key::obtain(app, &KeyOwner::of(profile), hsm_of(profile, authority)).await?;
    if present(app, profile, authority, &row, &key).await?.is_none() {
        certify(app, profile, authority, (&row, &key), Vec::new()).await?;
    }
    Ok(())
}

/// A new certificate for a key takes the place of the one before.
async fn certify(
    app: &App,
    profile: &SigningProfile,
    authority: &Authority,
    (row, key): (&SigningKey, &HsmKey),
    names: Vec<GeneralName>,
) -> Result<(CertificateId, Certificate), OpError> {
    let (certificate, id) = issue(app, profile, authority, key, names).await?;
    let (key_id, before) = (row.key_id.clone(), row.certificate_id);
    app.store.write(move |c| signing_key::certify(c, &key_id, before, id)).await?;
    Ok((id, certificate))
}

/// Whether the certificate that serves all requests of a profile is in the last third of its life, or over. One that was
/// revoked is followed by another when the profile is used again.
///
/// # Errors
/// When issuer or HSM are not configured, or the database fails.
pub(super) async fn is_due(app: &App, profile: &SigningProfile) -> Result<bool, OpError> {
    let Some((_, found)) = standing(app, profile).await? else { return Ok(false) };
    Ok(!serves(app, &read(&found)?))
}

/// The key of a profile with the certificate that serves all its requests, if there are both and it was not revoked.
///
/// # Errors
/// As [`is_due`].
pub(super) async fn standing(
    app: &App,
    profile: &SigningProfile,
) -> Result<Option<(SigningKey, certificate::Certificate)>, OpError> {
    let hsm = hsm_of(profile, authority(app, profile)?).to_owned();
    let (name, key) = (profile.name().to_owned(), profile.key().to_string());
    let read_both = move |c: &mut Connection| -> Result<_, StoreError> {
        let Some((row, _)) = signing_key::of_profile(c, &name, &hsm, &key)? else { return Ok(None) };
        let Some(id) = row.certificate_id else { return Ok(None) };
        Ok(certificate::by_id(c, id)?.map(|found| (row, found)))
    };
    Ok(app.store.read(read_both).await?.filter(|(_, found)| found.record.revoked_at.is_none()))
}

/// The key of a profile with its certificate, to be tried; none while the next request would get others.
///
/// # Errors
/// As [`is_due`].
pub(super) async fn unblocked(app: &App, profile: &SigningProfile) -> Result<Option<Chosen>, OpError> {
    let Some((row, found)) = standing(app, profile).await? else { return Ok(None) };
    match chosen(app, found.record.id, &row.key_id).await {
        Err(OpError::Revoked(_) | OpError::BlockedKey(_)) => Ok(None),
        other => other.map(Some),
    }
}

/// Name of the HSM with the keys of a profile.
///
/// # Errors
/// When its issuer is not configured.
pub(super) fn place<'a>(app: &'a App, profile: &'a SigningProfile) -> Result<&'a str, OpError> {
    Ok(hsm_of(profile, authority(app, profile)?))
}

fn serves(app: &App, certificate: &Certificate) -> bool {
    let (validity, now) = (certificate.validity(), app.clock.now());
    validity.contains(now) && validity.not_after.since(now) > validity.duration() / 3
}

/// The certificate of a key as it is, if it still serves, and is the one that the profile asks for.
async fn present(
    app: &App,
    profile: &SigningProfile,
    authority: &Authority,
    row: &SigningKey,
    key: &HsmKey,
) -> Result<Option<Chosen>, OpError> {
    match asked_for(app, profile, authority, row).await? {
        Some((id, certificate)) if serves(app, &certificate) => ready(app, id, certificate, key).await.map(Some),
        _ => Ok(None),
    }
}

/// The certificate of a key as long as it is valid, when no other can be made.
async fn reserve(
    app: &App,
    profile: &SigningProfile,
    authority: &Authority,
    (row, key): (&SigningKey, &HsmKey),
    error: OpError,
) -> Result<Chosen, OpError> {
    match asked_for(app, profile, authority, row).await? {
        Some((id, certificate)) if certificate.validity().contains(app.clock.now()) => {
            tracing::warn!(profile = profile.name(), %error, "signing under a certificate that should be renewed");
            ready(app, id, certificate, key).await
        }
        _ => Err(error),
    }
}

/// The certificate of a key, if it is not revoked and comes from the issuer and the profile that are asked for.
async fn asked_for(
    app: &App,
    profile: &SigningProfile,
    authority: &Authority,
    row: &SigningKey,
) -> Result<Option<(CertificateId, Certificate)>, OpError> {
    let Some(id) = row.certificate_id else { return Ok(None) };
    let Some(found) = app.store.read(move |c| certificate::by_id(c, id)).await? else { return Ok(None) };
    let record = &found.record;
    let fits = record.issuer == authority.issuer.slug() && record.profile == profile.certificate().profile;
    if record.revoked_at.is_some() || !fits {
        return Ok(None);
    }
    Ok(Some((id, read(&found)?)))
}

/// What was chosen for a request before.
///
/// # Errors
/// `Revoked` or `BlockedKey` when it may not sign any more; when the database fails.
pub(super) async fn chosen(app: &App, id: CertificateId, key: &str) -> Result<Chosen, OpError> {
    let key = key.to_owned();
    let read_both = move |c: &mut _| Ok((certificate::by_id(c, id)?, signing_key::by_id(c, &key)?));
    let (Some(found), Some((_, key))) = app.store.read(read_both).await? else {
        return Err(OpError::Integrity(format!("the certificate {id} of a signing request is not there with its key")));
    };
    refuse_revoked(&found)?;
    ready(app, id, read(&found)?, &key).await
}

/// Asked before each batch: a certificate or its key may be condemned while thousands of artifacts are signed.
///
/// # Errors
/// As [`chosen`].
pub(super) async fn still_serves(app: &App, id: CertificateId, signer: &ArtifactSigner) -> Result<(), OpError> {
    let missing = || OpError::Integrity(format!("the certificate {id} of a signing request is not there"));
    refuse_revoked(&app.store.read(move |c| certificate::by_id(c, id)).await?.ok_or_else(missing)?)?;
    refuse_condemned(app, signer.chain())?;
    refuse_blocked(app, &signer.key().public_key).await
}

/// What stands below a revoked authority convinces nobody.
fn refuse_condemned(app: &App, chain: &[Certificate]) -> Result<(), OpError> {
    match revoked_above(app, chain) {
        Some(revoked) => Err(OpError::AuthorityRevoked { authority: revoked.name.clone() }),
        None => Ok(()),
    }
}

fn refuse_revoked(found: &certificate::Certificate) -> Result<(), OpError> {
    match found.record.revoked_at {
        Some(_) => Err(OpError::Revoked(format!("the certificate {} was revoked", found.record.serial))),
        None => Ok(()),
    }
}

/// What issuing asks about a key, signing asks too.
async fn refuse_blocked(app: &App, key: &SubjectPublicKeyInfo) -> Result<(), OpError> {
    blocked_reason(app, key).await?.map_or(Ok(()), |reason| Err(OpError::BlockedKey(reason)))
}

async fn ready(app: &App, id: CertificateId, certificate: Certificate, key: &HsmKey) -> Result<Chosen, OpError> {
    let damaged = |fault: &dyn std::fmt::Display| OpError::Integrity(format!("signing key {}: {fault}", key.id));
    let (key_ref, state) = key::reference(key)?;
    refuse_blocked(app, &key_ref.public_key).await?;
    let chain = path(app, certificate)?;
    refuse_condemned(app, &chain)?;
    let signer = ArtifactSigner::new(chain, key_ref, state).map_err(|fault| damaged(&fault))?;
    Ok(Chosen { certificate: id, signer, hsm: key.hsm.clone() })
}

/// The certificate and those above it, up to the root: who verifies a JAR wants it inside.
pub(in crate::ops) fn path(app: &App, certificate: Certificate) -> Result<Vec<Certificate>, OpError> {
    let above = |lower: &Certificate| {
        let issued = |one: &&Authority| one.issuer.certificate().subject() == lower.issuer();
        let mut found = app.authorities.all().iter().filter(issued);
        found.find(|one| lower.verify_signed_by(one.issuer.certificate().public_key()).is_ok())
    };
    let mut path = vec![certificate];
    while let Some(authority) = path.last().and_then(above) {
        path.push(authority.issuer.certificate().clone());
        if authority.kind == IssuerKind::Root {
            return Ok(path);
        }
    }
    Err(OpError::Integrity("the certificate of a signing profile does not lead to a root of ours".to_owned()))
}

/// The authority of a path that is revoked, if one is: what stands below it convinces nobody.
pub(in crate::ops) fn revoked_above<'a>(app: &'a App, path: &[Certificate]) -> Option<&'a Authority> {
    let mut authorities = path.iter().filter_map(|certificate| app.authorities.certified_by(certificate));
    authorities.find(|authority| authority.state() == IssuerState::Revoked)
}

fn read(found: &certificate::Certificate) -> Result<Certificate, OpError> {
    Certificate::from_der(&found.der)
        .map_err(|fault| OpError::Integrity(format!("certificate {}: {fault}", found.record.id)))
}

fn authority<'a>(app: &'a App, profile: &SigningProfile) -> Result<&'a Authority, OpError> {
    match &profile.certificate().issuer {
        Some(name) => app.authorities.by_name(name),
        None => app.authorities.default_issuing(),
    }
}

fn hsm_of<'a>(profile: &'a SigningProfile, authority: &'a Authority) -> &'a str {
    profile.hsm().unwrap_or(&authority.hsm)
}

async fn issue(
    app: &App,
    profile: &SigningProfile,
    authority: &Authority,
    key: &HsmKey,
    names: Vec<GeneralName>,
) -> Result<(Certificate, CertificateId), OpError> {
    // With the HSM away every try would leave an intent behind.
    hsm::probe(&app.policies.load_full(), &hsm::READINESS, &**app.hsm_of(authority)?).await?;
    let public_key = SubjectPublicKeyInfo::from_der(&key.public_key);
    let public_key = public_key.map_err(|fault| OpError::Integrity(format!("signing key {}: {fault}", key.id)))?;
    let rule = profile.certificate();
    let asked = Asked {
        authority,
        profile: &rule.profile,
        public_key: &public_key,
        subject: vec![(SubjectAttribute::CommonName, profile.label().to_owned())],
        names,
        validity: rule.validity,
        project_purpose: rule.project_eku,
        owner: Some(format!("signing profile {}", profile.name())),
    };
    issue::issue(app, &Actor::Job { name: JOB }, &job_origin(app), asked).await
}

/// What a URI may hold besides letters and digits.
const URI: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b':').remove(b'@');

/// Who asked, as a URI in the certificate: the workflow where the CI names it, else the subject of the token, else the page
/// of the request.
fn identity(app: &App, row: &StoredSigningRequest) -> Result<GeneralName, OpError> {
    let claim = |name: &str| row.claims.get(name).map(String::as_str);
    let encoded = |text: &str| utf8_percent_encode(text, URI).to_string();
    let text = match (claim(ISSUER), claim("job_workflow_ref"), claim("ci_config_ref_uri"), claim("sub")) {
        (Some("https://token.actions.githubusercontent.com"), Some(workflow), _, _) => {
            format!("https://github.com/{}", encoded(workflow))
        }
        (Some(_), _, Some(configuration), _) => format!("https://{}", encoded(configuration)),
        (Some(issuer), _, _, Some(subject)) => format!("{}/{}", issuer.trim_end_matches('/'), encoded(subject)),
        (Some(_), _, _, None) if row.subject.contains("#uri:") => {
            row.subject.rsplit("#uri:").next().unwrap_or_default().to_owned()
        }
        _ => app.settings.server.public_url.join(&telling::page(row.id)),
    };
    GeneralName::uri(&text).map_err(|fault| OpError::Integrity(format!("the identity of a signing request: {fault}")))
}
