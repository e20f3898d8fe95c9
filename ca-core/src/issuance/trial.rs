//! What a certificate would say, for people to look at before anybody approves it. Nothing of it can be signed.

use std::time::Duration;

use super::tbs::{self, CertificateRequest, IssuanceError, Summary, TbsCertificate};
use super::{CertifiedNames, Issuer, Signer, StatusUrls};
use crate::issuance_request::{IssuanceRequest, RequestedExtension, RequestedKey, Terms};
use crate::lint::{self, Finding};
use crate::profile::{CertificateProfile, ProfileHash};
use crate::time::UnixTime;
use crate::x509::name::SubjectAttribute;
use crate::x509::serial::RANDOM_OCTETS;
use crate::x509::{GeneralName, SerialNumber, SubjectPublicKeyInfo};

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct TrialRequest<'a> {
    /// The profile.
    pub profile: &'a CertificateProfile,
    /// The subject's key.
    pub public_key: &'a SubjectPublicKeyInfo,
    /// Subject attributes that the request asks for.
    pub subject: &'a [(SubjectAttribute, String)],
    /// Subject alternative names.
    pub names: &'a [GeneralName],
    /// Length asked for, else the profile's default.
    pub validity: Option<Duration>,
    /// Now.
    pub now: UnixTime,
    /// Where its status would be found.
    pub status: StatusUrls,
}

/// A certificate that will not be signed: only its facts come out.
#[derive(Clone, Debug)]
pub struct Trial {
    summary: Summary,
    findings: Vec<Finding>,
    extensions: Vec<RequestedExtension>,
    profile: (String, ProfileHash),
    issuer: String,
    validity: Duration,
}

impl Trial {
    /// Builds what `issuer` would be asked to sign, and asks lint.
    ///
    /// # Errors
    /// [`IssuanceError`] when profile, key or issuer stand against it. What lint has to say is in [`Self::findings`].
    pub fn of(trial: &TrialRequest<'_>, issuer: &Issuer) -> Result<Self, IssuanceError> {
        let (profile, signer) = (trial.profile, Signer::Issuer(issuer));
        let validity = profile.validity_for(trial.validity)?;
        let not_before = trial.now.minus(profile.backdate());
        let request = CertificateRequest {
            profile,
            public_key: trial.public_key,
            subject: trial.subject,
            names: CertifiedNames::of_trial(trial.names),
            project_purpose: None,
            serial: SerialNumber::from_random([0x5a; RANDOM_OCTETS]),
            now: trial.now,
            not_before: Some(not_before),
            not_after: Some(not_before.plus(validity.saturating_sub(Duration::from_secs(1)))),
            status: trial.status.clone(),
        };
        let tbs = TbsCertificate::assemble(&request, signer)?;
        let findings = lint::certificate(tbs.as_der(), signer.facts(), profile.kind()).err().unwrap_or_default();
        let summary = tbs.summary().clone();
        Ok(Self {
            extensions: tbs::requested_extensions(&request, signer, summary.subject.is_empty())?,
            summary,
            findings,
            profile: (profile.name().to_owned(), profile.hash()),
            issuer: issuer.slug().to_owned(),
            validity,
        })
    }

    /// What the certificate would say if it were signed now.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Everything that lint has against it; nothing when it would pass.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The request for it, ready to be approved.
    pub fn request(&self, key: RequestedKey) -> IssuanceRequest {
        let (profile, profile_hash) = self.profile.clone();
        IssuanceRequest::new(Terms {
            key,
            profile,
            profile_hash,
            issuer: self.issuer.clone(),
            subject: self.summary.subject.clone(),
            names: self.summary.names.clone(),
            extensions: self.extensions.clone(),
            validity: self.validity,
        })
    }
}
