//! A wish held against profile, lint and the list of blocked keys.

use std::sync::Arc;

use ca_core::acme::{Problem, ProblemType};
use ca_core::issuance::{LintRefusal, Trial};
use ca_core::issuance_request::IssuanceRequest;
use ca_core::policy::action::SubmitRequest;
use ca_core::profile::{CertificateProfile, GeneratedKeyType, SubjectKind};
use ca_core::x509::{CertificationRequest, SubjectPublicKeyInfo};

use super::content::{Content, KeyFacts};
use super::generated_key::{self, GeneratedKey};
use super::wish::{Fault, Key, Wish};
use crate::app::App;
use crate::ops::acme::names;
use crate::ops::{OpError, issue};
use crate::store::issuance_request::Asked;

/// A wish that could be granted, as far as profile and keys go.
pub struct Appraisal {
    /// What would be approved.
    pub request: IssuanceRequest,
    /// What the certificate would say, and what lint has against it.
    pub trial: Trial,
    /// The profile.
    pub profile: Arc<CertificateProfile>,
    /// Name of the authority.
    pub authority: String,
    /// The key.
    pub public_key: SubjectPublicKeyInfo,
    /// The CSR, unless this server makes the key.
    pub csr: Option<CertificationRequest>,
    /// Why the key is blocked, if it is.
    pub blocked: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Who hears of it.
    pub notify: Option<String>,
    pub(super) generated: Option<GeneratedKey>,
    /// The key is a stand-in for one of this type.
    to_make: Option<GeneratedKeyType>,
}

/// Holds `wish` against its profile and lint. A key that is to be made is not made yet.
pub(super) async fn appraise(
    app: &App,
    wish: &Wish,
    kept: Option<KeyFacts>,
) -> Result<Result<Appraisal, Vec<Fault>>, OpError> {
    let policies = app.policies.load_full();
    let wish = match wish.understand(app, &policies, kept) {
        Ok(wish) => wish,
        Err(faults) => return Ok(Err(faults)),
    };
    let (key, to_make) = match wish.key {
        Key::Known(facts) => (*facts, None),
        Key::ToMake(kind) => (KeyFacts::generated(generated_key::stand_in(kind).await?), Some(kind)),
    };
    let content = Content {
        key: &key,
        profile: &wish.profile,
        authority: wish.authority,
        names: &wish.names,
        validity: wish.validity,
    };
    let trial = match content.trial(app) {
        Ok(trial) => trial,
        Err(error) => return Ok(Err(vec![Fault::of_issuance(&error)])),
    };
    Ok(Ok(Appraisal {
        request: trial.request(key.requested),
        trial,
        authority: wish.authority.name.clone(),
        profile: wish.profile,
        public_key: key.public_key,
        csr: key.csr,
        blocked: None,
        owner: wish.owner,
        notify: wish.notify,
        generated: None,
        to_make,
    }))
}

impl Appraisal {
    /// The question to the policies.
    pub(super) fn act(&self) -> SubmitRequest {
        let terms = self.request.terms();
        SubmitRequest {
            issuer: self.authority.clone(),
            profile: terms.profile.clone(),
            certification_authority: self.profile.kind() != SubjectKind::EndEntity,
            subject: terms.subject.to_string(),
            identifiers: terms.names.clone(),
            key_algorithm: self.public_key.algorithm(),
            validity: terms.validity,
            generated_key: self.csr.is_none(),
        }
    }

    /// Looks its key up in the list of blocked ones. Whoever may not ask for it is not told.
    pub(super) async fn look_up_key(&mut self, app: &App) -> Result<(), OpError> {
        self.blocked = issue::blocked_reason(app, &self.public_key).await?;
        Ok(())
    }

    /// Makes the key, if one is to be made: after the policies were asked, because it takes long.
    pub(super) async fn make_key(&mut self, app: &App) -> Result<(), OpError> {
        let Some(kind) = self.to_make else { return Ok(()) };
        let made = generated_key::generate_aside(kind).await?;
        let (key, terms) = (KeyFacts::generated(made.public_key.clone()), self.request.terms());
        let content = Content {
            key: &key,
            profile: &self.profile,
            authority: app.authorities.by_name(&self.authority)?,
            names: &terms.names,
            validity: Some(terms.validity),
        };
        self.trial = content.trial(app)?;
        self.request = self.trial.request(key.requested);
        self.public_key = key.public_key;
        (self.generated, self.to_make) = (Some(made), None);
        Ok(())
    }

    /// Nothing stands against it, as far as we know.
    pub(super) fn require_clean(&self) -> Result<(), OpError> {
        if let Some(reason) = &self.blocked {
            let text = format!("the public key is on the list of blocked keys: {reason}");
            return Err(Problem::new(ProblemType::BadCsr, text).into());
        }
        if !self.trial.findings().is_empty() {
            return Err(LintRefusal(self.trial.findings().to_vec()).into());
        }
        Ok(())
    }

    /// What the row of the request says.
    pub(super) fn asked(&self) -> Asked {
        asked(&self.request, &self.public_key, &self.profile, self.owner.clone(), self.notify.clone())
    }
}

/// The columns of a request.
pub(super) fn asked(
    request: &IssuanceRequest,
    public_key: &SubjectPublicKeyInfo,
    profile: &CertificateProfile,
    owner: Option<String>,
    notify: Option<String>,
) -> Asked {
    let terms = request.terms();
    Asked {
        digest: *request.digest().as_bytes(),
        profile: terms.profile.clone(),
        issuer: terms.issuer.clone(),
        subject: terms.subject.to_string(),
        names: terms.names.iter().map(names::general).collect(),
        key_algorithm: public_key.algorithm().to_string(),
        spki_sha256: public_key.sha256(),
        approvals_required: profile.approvals_required().into(),
        owner,
        notify,
    }
}
