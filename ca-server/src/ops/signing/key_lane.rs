//! Single digests for tools that have their own formats: under a grant, with the certificate that serves all requests.

use aws_lc_rs::digest;
use ca_core::hsm::DigestAlgorithm;
use ca_core::policy::Actor;
use ca_core::policy::action::SignUnderGrant;
use ca_core::signing::{DigestItem, DigestSet, Format, SigningProfile};

use super::ask::{check_profile, refusal};
use super::certificate::{self, Chosen};
use super::{grant, grantor, limits, people, sign};
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::fields::{SignatureId, SigningGrantId};
use crate::store::signature::{self, SignatureRecord};
use crate::store::signing_usage::{self, Allowance};
use crate::store::{audit_event, signing_grant};

/// What came of it.
#[derive(Debug)]
pub struct Signed {
    /// The signature; empty for a tool that only asked for the certificate.
    pub signature: Vec<u8>,
    /// DER of the certificate that verifies it.
    pub certificate: Vec<u8>,
}

/// What a tool that signs the digest of nothing wants is the certificate: jsign does so first.
fn is_probe(algorithm: DigestAlgorithm, value: &[u8]) -> bool {
    let engine = match algorithm {
        DigestAlgorithm::Sha256 => &digest::SHA256,
        DigestAlgorithm::Sha384 => &digest::SHA384,
        DigestAlgorithm::Sha512 => &digest::SHA512,
    };
    digest::digest(engine, b"").as_ref() == value
}

/// Signs a digest for whoever has a grant in force. The digest of nothing is not signed and spends nothing: its answer is the
/// certificate.
///
/// # Errors
/// `NotFound` for a profile that is not there; policy, when there is no grant; a problem with status 403 when whoever gave it
/// may not any more, 422 for what the key does not sign; when the HSM or the database fails.
pub async fn sign(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    profile: &str,
    algorithm: DigestAlgorithm,
    value: Vec<u8>,
) -> Result<Signed, OpError> {
    let unknown = || OpError::NotFound(format!("there is no signing profile {profile:?}"));
    let profile = app.policies.load().signing_profile(profile).map(std::sync::Arc::clone).ok_or_else(unknown)?;
    let subject = people::subject(app, actor).await?;
    let found = grantor::usable(app, actor, &profile, &subject).await?;
    let item = DigestItem { name: "digest".to_owned(), algorithm, digest: value };
    require_grant(app, actor, &profile, found.as_ref(), &item)?;
    let set = DigestSet::new(Format::Raw, vec![item.clone()]).map_err(refusal)?;
    check_profile(&profile, &set)?;
    // Also before a probe, for which key and certificate may have to be made.
    let allowance = limits::admit(app, &profile, origin, 1).await?;
    let chosen = certificate::shared(app, &profile).await?;
    let certificate = chosen.signer.certificate().as_der().to_vec();
    let Some(found) = found.filter(|_| !is_probe(algorithm, &item.digest)) else {
        return Ok(Signed { signature: Vec::new(), certificate });
    };
    let signature = under(app, actor, origin, &profile, found.id, allowance, item, &chosen, subject).await?;
    Ok(Signed { signature, certificate })
}

/// Asked before anything is made for whoever has no grant; the certificate is not known yet.
fn require_grant(
    app: &App,
    actor: &Actor,
    profile: &SigningProfile,
    found: Option<&signing_grant::SigningGrant>,
    item: &DigestItem,
) -> Result<(), OpError> {
    let act = SignUnderGrant {
        profile: profile.name().to_owned(),
        environment: profile.environment().as_str(),
        grant: found.map(|grant| grant.id.to_string()),
        item: item.clone(),
        certificate: None,
    };
    let _ = app.policies.load().engine().decide(actor, act)?;
    Ok(())
}

/// Takes a signature from the grant and from what the profile makes in a day. Spent before it is signed: what is lost when the
/// server dies then is one signature, not the count.
async fn spend(app: &App, profile: &SigningProfile, id: SigningGrantId, allowance: Allowance) -> Result<(), OpError> {
    let now = app.clock.now();
    let write = app.store.write(move |c| {
        if let Some(exhausted) = signing_usage::reserve(c, &allowance, 1)? {
            return Ok(Err(exhausted));
        }
        let spent = signing_grant::spend(c, id, now)?;
        if spent {
            signing_usage::note_grant_use(c, &allowance.profile, now)?;
        }
        Ok(Ok(spent))
    });
    match write.await? {
        Ok(true) => Ok(()),
        Ok(false) => Err(OpError::Conflict("the grant was used up or taken back at this moment".to_owned())),
        Err(exhausted) => Err(limits::refuse(profile, exhausted)),
    }
}

#[expect(clippy::too_many_arguments, reason = "everything that one signature is about")]
async fn under(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    profile: &SigningProfile,
    id: SigningGrantId,
    allowance: Allowance,
    item: DigestItem,
    chosen: &Chosen,
    subject: String,
) -> Result<Vec<u8>, OpError> {
    let act = SignUnderGrant {
        profile: profile.name().to_owned(),
        environment: profile.environment().as_str(),
        grant: Some(id.to_string()),
        item: item.clone(),
        certificate: Some(chosen.signer.certificate().serial().clone()),
    };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let linted = sign::lint(app, &permitted, Format::Raw, &item, &chosen.signer)?;
    let now = app.clock.now();
    spend(app, profile, id, allowance).await?;
    let signature = sign::signature_of(app, &chosen.hsm, &linted).await?;
    let signed = linted.assemble(&signature).map_err(|fault| OpError::Integrity(fault.to_string()))?;
    let record = SignatureRecord {
        id: SignatureId::new(app.entropy.uuid()),
        request_id: None,
        n: None,
        grant_id: Some(id),
        profile: profile.name().to_owned(),
        format: Format::Raw,
        name: item.name.clone(),
        algorithm: item.algorithm,
        digest: item.digest.clone(),
        subject,
        certificate_id: chosen.certificate,
        timestamp_at: None,
        timestamp_serial: None,
        created_at: now,
    };
    let event = audit::event(app, &permitted, origin, grant::object(id))
        .detail("profile", profile.name())
        .detail("algorithm", item.algorithm)
        .detail("digest", sign::hexadecimal(&item.digest))
        .detail("certificate", chosen.signer.certificate().serial());
    let octets = signed.into_bytes();
    let kept = octets.clone();
    let write = app.store.write(move |c| {
        signature::insert(c, &record, &kept)?;
        audit_event::insert(c, &event)
    });
    write.await?;
    metrics::counter!("signet_signatures_total", "profile" => profile.name().to_owned()).increment(1);
    Ok(octets)
}
