//! Signing what enough people approved. Serial and notBefore are filled in here; policy and lint are asked again.

use std::time::Duration;

use ca_core::issuance::{CertificateRequest, CertifiedNames, Signer, TbsCertificate};
use ca_core::issuance_request::ApprovedRequest;
use ca_core::policy::Actor;
use ca_core::policy::action::IssueRequested;
use ca_core::profile::SubjectKind;

use super::JOB;
use super::content::{KeyFacts, authority};
use super::history::job_origin;
use super::load::Loaded;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::issue::{self, Issuance, Submission, Subscriber};

/// Issues the certificate of a request. Losing a race to another process is success: there is one certificate.
///
/// # Errors
/// One that is [final](OpError::is_final) says why it can never be issued. Any other one leaves the request approved.
pub(super) async fn sign(app: &App, loaded: &Loaded, approved: ApprovedRequest) -> Result<(), OpError> {
    let (row, terms) = (&loaded.row, loaded.content.terms());
    let key = KeyFacts::of(&terms.key)?;
    if let Some(reason) = issue::blocked_reason(app, &key.public_key).await? {
        return Err(OpError::BlockedKey(reason));
    }
    let authority = authority(app, terms)?;
    if authority.issuer.slug() != terms.issuer {
        // It was re-keyed a moment ago. The next look at the request finds the difference, and its approvals void.
        tracing::warn!(request = %row.id, authority = authority.name, "the issuer is another one than was approved");
        return Ok(());
    }
    // With the HSM away every try would leave an intent behind.
    app.hsm_of(authority)?.health().await?;
    let policies = app.policies.load_full();
    let gone = || OpError::Conflict(format!("the certificate profile {:?} is gone", terms.profile));
    let profile = policies.profile(&terms.profile).ok_or_else(gone)?;
    let (id, issuer) = (row.id.to_string(), authority.name.clone());
    let (algorithm, ca) = (key.public_key.algorithm(), profile.kind() != SubjectKind::EndEntity);
    let act = IssueRequested::new(approved, &loaded.content, id, issuer, algorithm, ca)
        .map_err(|fault| OpError::Integrity(fault.to_string()))?;
    let permitted = policies.engine().decide(&Actor::Job { name: JOB }, act)?;
    let preview = issue::preview(app, authority, &key.public_key);
    let now = app.clock.now();
    let not_before = now.minus(profile.backdate());
    let request = CertificateRequest {
        profile,
        public_key: &key.public_key,
        subject: key.subject(),
        names: CertifiedNames::approved(&permitted),
        project_purpose: None,
        serial: preview.serial.clone(),
        now,
        not_before: Some(not_before),
        not_after: Some(not_before.plus(terms.validity.saturating_sub(Duration::from_secs(1)))),
        status: app.authorities.status_urls(authority, preview.crl_shard),
    };
    let signer = Signer::Issuer(&authority.issuer);
    let tbs = TbsCertificate::build(&permitted, request, signer)?;
    let summary = tbs.summary().clone();
    let linted = tbs.lint(signer)?;
    let subscriber = Subscriber::of_request(row, permitted.action().approved().approvers().to_vec());
    let (permitted, origin) = (&permitted, &job_origin(app));
    let submission = Submission { permitted, origin, authority, profile, linted, summary, preview, subscriber };
    match issue::issue(app, submission).await? {
        Issuance::Issued(..) | Issuance::Lost => Ok(()),
        // The intent stands: recovery signs the same bytes, or gives them up and says so in the request.
        Issuance::Pending(error) => {
            tracing::warn!(request = %row.id, %error, "the certificate of a request could not be signed yet");
            Ok(())
        }
    }
}
