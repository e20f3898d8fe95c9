//! Trying whether signing profiles can sign: a signature over nobody's file, by the same maker, read again by the same other
//! code as all, and thrown away. It is in the audit trail, and neither in the ledger nor in any count.

use ca_core::hsm::DigestAlgorithm;
use ca_core::policy::Actor;
use ca_core::policy::action::{Action as _, SignCanary};
use ca_core::signing::profile::CertificateMode;
use ca_core::signing::{DigestItem, Format, SigningProfile, canary, signature_algorithm};

use super::certificate::{self, Chosen};
use super::history::job_origin;
use super::{JOB, care, sign};
use crate::app::App;
use crate::ops::{OpError, audit, hsm};
use crate::store::audit_event;
use crate::store::fields::SigningCheckKind;

/// Tries every profile that is not frozen and whose time has come.
///
/// # Errors
/// When the database fails. A profile that cannot sign is seen where operators look.
pub async fn all(app: &App) -> Result<(), OpError> {
    let policies = app.policies.load_full();
    let (kind, every) = (SigningCheckKind::Canary, app.settings.signing.canary_every);
    for profile in policies.signing_profiles().filter(|profile| !profile.limits().frozen) {
        if profile.certificate().mode == CertificateMode::PerRequest {
            care::take(app, profile, kind, every, || hsm_signs(app, profile)).await?;
            continue;
        }
        match certificate::unblocked(app, profile).await {
            Ok(None) => care::settle(app, profile, kind).await?,
            Ok(Some(chosen)) => care::take(app, profile, kind, every, || formats(app, profile, chosen)).await?,
            Err(error) => care::take(app, profile, kind, every, || async { Err(error) }).await?,
        }
    }
    care::gauges(app).await
}

/// Where each request has a key of its own there is none to try now: only whether the HSM signs.
async fn hsm_signs(app: &App, profile: &SigningProfile) -> Result<(), OpError> {
    hsm::probe_and_note(app, &hsm::READINESS, certificate::place(app, profile)?).await.map(drop)
}

async fn formats(app: &App, profile: &SigningProfile, chosen: Chosen) -> Result<(), OpError> {
    for format in profile.formats() {
        one(app, profile, *format, &chosen).await?;
    }
    Ok(())
}

async fn one(app: &App, profile: &SigningProfile, format: Format, chosen: &Chosen) -> Result<(), OpError> {
    let act = SignCanary {
        profile: profile.name().to_owned(),
        environment: profile.environment().as_str(),
        format,
        certificate: chosen.signer.certificate().serial().clone(),
    };
    let permitted = app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?;
    // A format of the profile for which no digest of the profile fits the key is one that nobody can ask for either.
    let Some(item) = item(profile, format) else { return Ok(()) };
    let linted = sign::lint(app, &permitted, format, &item, &chosen.signer)?;
    let signature = sign::signature_of(app, &chosen.hsm, &linted).await?;
    linted.assemble(&signature).map_err(|fault| OpError::Integrity(fault.to_string()))?;
    let event = audit::event(app, &permitted, &job_origin(app), permitted.action().resource().to_string())
        .detail("format", format)
        .detail("algorithm", item.algorithm)
        .detail("digest", sign::hexadecimal(&item.digest))
        .detail("certificate", chosen.signer.certificate().serial())
        .detail("key", chosen.signer.key().id);
    Ok(app.store.write(move |c| audit_event::insert(c, &event)).await?)
}

/// The canary under the first digest of the profile that goes with form and key.
fn item(profile: &SigningProfile, format: Format) -> Option<DigestItem> {
    let key = profile.key().algorithm();
    let fits = |digest: &&DigestAlgorithm| signature_algorithm(format, key, **digest).is_ok();
    profile.digests().iter().find(fits).map(|digest| canary(*digest))
}
