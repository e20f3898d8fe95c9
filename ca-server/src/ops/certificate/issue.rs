//! Issuing on the word of an operator, or for the server's own listener.

use std::time::Duration;

use ca_core::issuance::{CertificateRequest, CertifiedNames, Signer, TbsCertificate};
use ca_core::policy::Actor;
use ca_core::policy::action::IssueCertificate;
use ca_core::profile::SubjectKind;
use ca_core::x509::name::SubjectAttribute;
use ca_core::x509::{Certificate, GeneralName, ProjectPurpose, SubjectPublicKeyInfo};

use crate::app::App;
use crate::authorities::Authority;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::ops::issue::{self, Issuance, Submission, Subscriber};
use crate::store::fields::CertificateId;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Who signs.
    pub authority: &'a Authority,
    /// Name of the certificate profile.
    pub profile: &'a str,
    /// The subject's key, whose possession was proved.
    pub public_key: &'a SubjectPublicKeyInfo,
    /// Subject attributes asked for.
    pub subject: Vec<(SubjectAttribute, String)>,
    /// Subject alternative names.
    pub names: Vec<GeneralName>,
    /// Validity asked for.
    pub validity: Option<Duration>,
    /// A purpose of the requester's own beside those of the profile.
    pub project_purpose: Option<ProjectPurpose>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// Issues a certificate that `actor` answers for.
///
/// # Errors
/// When profile, policy, lint, HSM or database stand against it. A certificate that could not be finished now is finished
/// by a server's job; the error says so.
pub async fn issue(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    asked: Asked<'_>,
) -> Result<(Certificate, CertificateId), OpError> {
    if let Some(reason) = issue::blocked_reason(app, asked.public_key).await? {
        return Err(OpError::Conflict(format!("the public key is on the list of blocked keys: {reason}")));
    }
    let policies = app.policies.load();
    let unknown = || OpError::NotFound(format!("there is no certificate profile {:?}", asked.profile));
    let profile = policies.profile(asked.profile).ok_or_else(unknown)?;
    let act = IssueCertificate {
        issuer: asked.authority.name.clone(),
        profile: profile.name().to_owned(),
        certification_authority: profile.kind() != SubjectKind::EndEntity,
        subject: asked.subject.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(", "),
        identifiers: asked.names.clone(),
        key_algorithm: asked.public_key.algorithm(),
        validity: profile.validity_for(asked.validity)?,
    };
    let permitted = policies.engine().decide(actor, act)?;
    let preview = issue::preview(app, asked.authority, asked.public_key);
    let now = app.clock.now();
    let not_before = now.minus(profile.backdate());
    let request = CertificateRequest {
        profile,
        public_key: asked.public_key,
        subject: &asked.subject,
        names: CertifiedNames::asserted(&permitted),
        project_purpose: asked.project_purpose,
        serial: preview.serial.clone(),
        now,
        not_before: None,
        not_after: asked.validity.map(|validity| not_before.plus(validity.saturating_sub(Duration::from_secs(1)))),
        status: app.authorities.status_urls(asked.authority, preview.crl_shard),
    };
    let signer = Signer::Issuer(&asked.authority.issuer);
    let tbs = TbsCertificate::build(&permitted, request, signer)?;
    let summary = tbs.summary().clone();
    let linted = tbs.lint(signer)?;
    let subscriber = Subscriber {
        order: None,
        submission: None,
        account: None,
        requester: actor.to_string(),
        owner: asked.owner,
        approvers: Vec::new(),
    };
    let (permitted, authority) = (&permitted, asked.authority);
    let submission = Submission { permitted, origin, authority, profile, linted, summary, preview, subscriber };
    match issue::issue(app, submission).await? {
        Issuance::Issued(certificate, id) => Ok((*certificate, id)),
        Issuance::Pending(error) => Err(error),
        Issuance::Lost => Err(OpError::Conflict("the certificate was issued by another process".to_owned())),
    }
}
