//! What a certificate is built from, and the request that would be approved for it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ca_core::issuance::{IssuanceError, Trial, TrialRequest};
use ca_core::issuance_request::{IssuanceRequest, RequestedKey, Terms};
use ca_core::profile::CertificateProfile;
use ca_core::x509::csr::InvalidCertificationRequest;
use ca_core::x509::name::SubjectAttribute;
use ca_core::x509::{CertificationRequest, GeneralName, SubjectPublicKeyInfo};

use crate::app::App;
use crate::authorities::Authority;
use crate::ops::OpError;

/// A key with what its CSR says besides.
#[derive(Clone, Debug)]
pub(super) struct KeyFacts {
    pub(super) requested: RequestedKey,
    pub(super) public_key: SubjectPublicKeyInfo,
    pub(super) csr: Option<CertificationRequest>,
}

/// Why a text is no CSR.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnreadableCsr {
    #[error("paste the CSR here: the block from BEGIN CERTIFICATE REQUEST to END CERTIFICATE REQUEST")]
    Absent,
    #[error("this is a private key: never give it to anybody. What is wanted here is the CSR made with it")]
    PrivateKey,
    #[error("this is neither a PEM block CERTIFICATE REQUEST nor base64 of DER")]
    Unknown,
    #[error(transparent)]
    Invalid(#[from] InvalidCertificationRequest),
}

/// Reads a CSR in PEM, or in base64 without armour.
pub(super) fn read_csr(text: &str) -> Result<KeyFacts, UnreadableCsr> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UnreadableCsr::Absent);
    }
    if text.contains("PRIVATE KEY-----") {
        return Err(UnreadableCsr::PrivateKey);
    }
    if text.contains("-----BEGIN") {
        let der = CertificationRequest::der_of_pem(text)?;
        return Ok(KeyFacts::of_csr(CertificationRequest::from_der(&der)?, der));
    }
    let bare: String = text.split_whitespace().collect();
    let der = STANDARD.decode(bare).map_err(|_| UnreadableCsr::Unknown)?;
    Ok(KeyFacts::of_csr(CertificationRequest::from_der(&der)?, der))
}

impl KeyFacts {
    fn of_csr(csr: CertificationRequest, der: Vec<u8>) -> Self {
        Self { requested: RequestedKey::Csr(der), public_key: csr.public_key().clone(), csr: Some(csr) }
    }

    /// A key that this server made.
    pub(super) fn generated(public_key: SubjectPublicKeyInfo) -> Self {
        Self { requested: RequestedKey::Generated(public_key.as_der().to_vec()), public_key, csr: None }
    }

    /// The key of a stored request.
    pub(super) fn of(requested: &RequestedKey) -> Result<Self, OpError> {
        let damaged = OpError::integrity("the key of a stored request");
        match requested {
            RequestedKey::Csr(der) => {
                let csr = CertificationRequest::from_der(der).map_err(|fault| damaged(&fault))?;
                Ok(Self::of_csr(csr, der.clone()))
            }
            RequestedKey::Generated(der) => {
                SubjectPublicKeyInfo::from_der(der).map(Self::generated).map_err(|fault| damaged(&fault))
            }
        }
    }

    /// The names that the CSR asks a profile for.
    pub(super) fn names(&self, profile: &CertificateProfile) -> Vec<GeneralName> {
        self.csr.as_ref().map(|csr| profile.names_of(csr)).unwrap_or_default()
    }

    /// The subject attributes that the CSR asks for.
    pub(super) fn subject(&self) -> &[(SubjectAttribute, String)] {
        self.csr.as_ref().map(CertificationRequest::subject_attributes).unwrap_or_default()
    }
}

/// Everything that decides what a certificate will say.
pub(super) struct Content<'a> {
    pub(super) key: &'a KeyFacts,
    pub(super) profile: &'a CertificateProfile,
    pub(super) authority: &'a Authority,
    pub(super) names: &'a [GeneralName],
    pub(super) validity: Option<Duration>,
}

impl Content<'_> {
    /// The certificate as it would be, unsigned and unsignable.
    pub(super) fn trial(&self, app: &App) -> Result<Trial, IssuanceError> {
        if matches!(self.key.requested, RequestedKey::Generated(_)) {
            self.profile.check_generated_key(self.key.public_key.algorithm())?;
        }
        let request = TrialRequest {
            profile: self.profile,
            public_key: &self.key.public_key,
            subject: self.key.subject(),
            names: self.names,
            validity: self.validity,
            now: app.clock.now(),
            status: app.authorities.status_urls(self.authority, 0),
        };
        Trial::of(&request, &self.authority.issuer)
    }
}

/// The authority that serves a request now: the one it names, or the present one of the same name after a re-key.
pub(super) fn authority<'a>(app: &'a App, terms: &Terms) -> Result<&'a Authority, OpError> {
    let named = app.authorities.by_slug(&terms.issuer)?;
    app.authorities.by_name(&named.name)
}

/// What the same wish asks for under the profiles and authorities of this moment.
pub(super) fn as_of_now(app: &App, terms: &Terms) -> Result<(IssuanceRequest, Trial), OpError> {
    let policies = app.policies.load();
    let gone = || OpError::Conflict(format!("the certificate profile {:?} is gone", terms.profile));
    let profile = policies.profile(&terms.profile).ok_or_else(gone)?;
    let key = KeyFacts::of(&terms.key)?;
    let authority = authority(app, terms)?;
    let content = Content { key: &key, profile, authority, names: &terms.names, validity: Some(terms.validity) };
    let trial = content.trial(app)?;
    Ok((trial.request(key.requested.clone()), trial))
}
