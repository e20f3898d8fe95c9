//! From a permitted request to the exact bytes to sign.

use super::{CertifiedNames, LintRefusal, LintedCertificate, Signer, StatusUrls};
use crate::issuance_request::{RequestedExtension, RequestedKey};
use crate::policy::Permitted;
use crate::policy::action::{Action, Finalize, Initialize, IssueCertificate, IssueRequested};
use crate::profile::{CertificateProfile, CommonName, ProfileRefusal, SubjectKind};
use crate::time::UnixTime;
use crate::x509::extension::{self, BasicConstraints, Extension};
use crate::x509::key_strength::{self, WeakKey};
use crate::x509::name::{InvalidAttribute, SubjectAttribute};
use crate::x509::tbs_certificate::{self, TbsFields};
use crate::x509::{
    CertificationRequest, DistinguishedName, EncodingError, GeneralName, ProjectPurpose, SerialNumber,
    SubjectPublicKeyInfo, Validity,
};

/// What is to be certified. The names carry their proof; the rest is judged by the profile.
#[derive(Debug)]
pub struct CertificateRequest<'a> {
    /// The profile version that the order was created under.
    pub profile: &'a CertificateProfile,
    /// The subject's key.
    pub public_key: &'a SubjectPublicKeyInfo,
    /// Subject attributes that the request asks for; the profile says which are taken.
    pub subject: &'a [(SubjectAttribute, String)],
    /// Subject alternative names.
    pub names: CertifiedNames,
    /// A purpose of the requester's own beside those of the profile; only where that is code signing.
    pub project_purpose: Option<ProjectPurpose>,
    /// A fresh random serial.
    pub serial: SerialNumber,
    /// The moment of issuance.
    pub now: UnixTime,
    /// First second asked for, else now less the profile's backdating.
    pub not_before: Option<UnixTime>,
    /// Last second asked for, else after the profile's default.
    pub not_after: Option<UnixTime>,
    /// Where its status will be found.
    pub status: StatusUrls,
}

/// Why no certificate can be built from a request.
#[derive(Debug, thiserror::Error)]
pub enum IssuanceError {
    /// The profile says no.
    #[error(transparent)]
    Profile(#[from] ProfileRefusal),
    /// The key is weak.
    #[error(transparent)]
    WeakKey(#[from] WeakKey),
    /// A subject attribute cannot be written.
    #[error(transparent)]
    Subject(#[from] InvalidAttribute),
    /// Nothing would be left of the validity inside the issuer's.
    #[error("the issuer's own certificate ends at {0}: nothing can be issued beyond it")]
    IssuerExpires(UnixTime),
    /// The period asked for ends before it begins.
    #[error("notAfter {not_after} lies before notBefore {not_before}")]
    EmptyValidity {
        /// First second.
        not_before: UnixTime,
        /// Last second.
        not_after: UnixTime,
    },
    /// What was permitted is not what is being built.
    #[error("the permission is for another certificate: {0}")]
    NotPermitted(&'static str),
    /// The encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

/// An act that may end in a certificate, and what of it was permitted.
pub trait Issuing: Action {
    /// The fact in which `request`, signed by `signer`, differs from what was permitted, if any.
    fn mismatch(&self, request: &CertificateRequest<'_>, signer: Signer<'_>) -> Option<&'static str>;
}

impl Issuing for Finalize {
    fn mismatch(&self, request: &CertificateRequest<'_>, _signer: Signer<'_>) -> Option<&'static str> {
        let own = request.project_purpose.map(|_| "ACME gives no purpose of a project's own");
        differs(&self.profile, &self.identifiers, request).or(own)
    }
}

impl Issuing for IssueCertificate {
    fn mismatch(&self, request: &CertificateRequest<'_>, _signer: Signer<'_>) -> Option<&'static str> {
        let authority = request.profile.kind() != SubjectKind::EndEntity;
        differs(&self.profile, &self.identifiers, request)
            .or((authority != self.certification_authority).then_some("the kind of certificate differs"))
    }
}

impl Issuing for IssueRequested {
    fn mismatch(&self, request: &CertificateRequest<'_>, signer: Signer<'_>) -> Option<&'static str> {
        let (terms, profile) = (self.terms(), request.profile);
        let authority = profile.kind() != SubjectKind::EndEntity;
        let same_subject = subject(request).is_ok_and(|subject| subject == terms.subject);
        let extensions = requested_extensions(request, signer, terms.subject.is_empty());
        let same_length = validity(request).is_ok_and(|validity| validity.duration() == terms.validity);
        let differences = [
            (profile.hash() != terms.profile_hash, "the profile is another version"),
            (signer.slug() != Some(terms.issuer.as_str()), "the issuer differs"),
            (!is_key(&terms.key, request.public_key), "the key differs"),
            (!may_be_made(&terms.key, request), "the profile does not let this server make the key"),
            (!same_subject, "the subject differs"),
            (!extensions.is_ok_and(|extensions| extensions == terms.extensions), "the extensions differ"),
            (!same_length, "the validity differs"),
            (authority != self.certification_authority(), "the kind of certificate differs"),
            (self.approved().required() < profile.approvals_required(), "the profile asks for more approvals"),
        ];
        differs(&terms.profile, &terms.names, request)
            .or_else(|| differences.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what))
    }
}

fn is_key(requested: &RequestedKey, key: &SubjectPublicKeyInfo) -> bool {
    match requested {
        RequestedKey::Csr(der) => CertificationRequest::from_der(der).is_ok_and(|csr| csr.public_key() == key),
        RequestedKey::Generated(der) => der == key.as_der(),
    }
}

fn may_be_made(requested: &RequestedKey, request: &CertificateRequest<'_>) -> bool {
    match requested {
        RequestedKey::Csr(_) => true,
        RequestedKey::Generated(_) => request.profile.check_generated_key(request.public_key.algorithm()).is_ok(),
    }
}

impl Issuing for Initialize {
    fn mismatch(&self, request: &CertificateRequest<'_>, _signer: Signer<'_>) -> Option<&'static str> {
        let expected = if self.trust_anchor { SubjectKind::Root } else { SubjectKind::SubordinateCa };
        (request.profile.kind() != expected).then_some("the kind of authority differs")
    }
}

fn differs(profile: &str, names: &[GeneralName], request: &CertificateRequest<'_>) -> Option<&'static str> {
    if request.profile.name() != profile {
        Some("the profile differs")
    } else if request.names.as_slice() != names {
        Some("the names differ")
    } else {
        None
    }
}

/// What a to-be-signed certificate says, for its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Subject, perhaps empty.
    pub subject: DistinguishedName,
    /// Subject alternative names.
    pub names: Vec<GeneralName>,
    /// First and last second, after clipping to the issuer's.
    pub validity: Validity,
}

/// The bytes to sign, not yet linted.
#[derive(Debug)]
pub struct TbsCertificate {
    der: Vec<u8>,
    kind: SubjectKind,
    summary: Summary,
}

impl TbsCertificate {
    /// Builds the certificate that `permitted` allows, within the bounds of the request's profile and the issuer.
    ///
    /// # Errors
    /// [`IssuanceError`] names the rule that stands against it.
    pub fn build<A: Issuing>(
        permitted: &Permitted<A>,
        request: CertificateRequest<'_>,
        signer: Signer<'_>,
    ) -> Result<Self, IssuanceError> {
        if let Some(difference) = permitted.action().mismatch(&request, signer) {
            return Err(IssuanceError::NotPermitted(difference));
        }
        Self::assemble(&request, signer)
    }

    pub(super) fn assemble(request: &CertificateRequest<'_>, signer: Signer<'_>) -> Result<Self, IssuanceError> {
        let profile = request.profile;
        profile.check_key(request.public_key.algorithm())?;
        key_strength::check(request.public_key)?;
        profile.check_names(request.names.as_slice())?;
        if request.project_purpose.is_some() {
            profile.check_project_purpose()?;
        }
        let subject = subject(request)?;
        let validity = signer.clip(validity(request)?);
        if validity.not_after < request.now {
            return Err(IssuanceError::IssuerExpires(validity.not_after));
        }
        let der = tbs_certificate::encode(TbsFields {
            serial: &request.serial,
            signature: signer.algorithm(),
            issuer: signer.name(&subject),
            validity,
            subject: &subject,
            public_key: request.public_key,
            extensions: extensions(request, signer, subject.is_empty())?,
        })?;
        let summary = Summary { subject, names: request.names.as_slice().to_vec(), validity };
        Ok(Self { der, kind: profile.kind(), summary })
    }

    pub(super) fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// What it says.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Runs every lint rule over the bytes.
    ///
    /// # Errors
    /// [`LintRefusal`] with all findings; the certificate is then gone.
    pub fn lint(self, signer: Signer<'_>) -> Result<LintedCertificate, LintRefusal> {
        LintedCertificate::check(&self.der, self.kind, signer)
    }
}

fn validity(request: &CertificateRequest<'_>) -> Result<Validity, IssuanceError> {
    let profile = request.profile;
    let not_before = request.not_before.unwrap_or_else(|| request.now.minus(profile.backdate()));
    let Some(not_after) = request.not_after else {
        return Ok(Validity::starting(not_before, profile.validity_for(None)?));
    };
    if not_after < not_before {
        return Err(IssuanceError::EmptyValidity { not_before, not_after });
    }
    let asked = Validity { not_before, not_after };
    profile.validity_for(Some(asked.duration()))?;
    Ok(asked)
}

/// Attributes in the order of [`SubjectAttribute`]: fixed ones win over requested ones.
fn subject(request: &CertificateRequest<'_>) -> Result<DistinguishedName, InvalidAttribute> {
    let profile = request.profile;
    let mut attributes = profile.fixed_subject().clone();
    for (attribute, value) in request.subject {
        let wanted = *attribute != SubjectAttribute::CommonName && profile.takes_from_request(*attribute);
        if wanted {
            attributes.entry(*attribute).or_insert_with(|| value.clone());
        }
    }
    if let Some(common_name) = common_name(request) {
        attributes.insert(SubjectAttribute::CommonName, common_name);
    }
    DistinguishedName::from_attributes(&attributes.into_iter().collect::<Vec<_>>())
}

fn common_name(request: &CertificateRequest<'_>) -> Option<String> {
    let requested = || request.subject.iter().find(|(attribute, _)| *attribute == SubjectAttribute::CommonName);
    match request.profile.common_name() {
        CommonName::None => None,
        CommonName::Requested => requested().map(|(_, value)| value.clone()),
        CommonName::FirstDnsName => request.names.as_slice().iter().find_map(|name| match name {
            // RFC 5280 §A.1: ub-common-name is 64 characters.
            GeneralName::Dns(text) if text.len() <= 64 => Some(text.clone()),
            _ => None,
        }),
    }
}

fn extensions(
    request: &CertificateRequest<'_>,
    signer: Signer<'_>,
    empty_subject: bool,
) -> Result<Vec<Extension>, EncodingError> {
    let mut list = known_extensions(request, signer, empty_subject)?;
    list.extend(status_extensions(&request.status)?);
    Ok(list)
}

/// What people approve of the extensions: all but those that say where its status is found, because the shard of the CRL
/// depends on the serial, which nobody knows before.
pub(super) fn requested_extensions(
    request: &CertificateRequest<'_>,
    signer: Signer<'_>,
    empty_subject: bool,
) -> Result<Vec<RequestedExtension>, EncodingError> {
    let requested = |extension: Extension| RequestedExtension {
        oid: extension.extn_id.to_string(),
        critical: extension.critical,
        value: extension.extn_value.into_bytes().into(),
    };
    Ok(known_extensions(request, signer, empty_subject)?.into_iter().map(requested).collect())
}

fn known_extensions(
    request: &CertificateRequest<'_>,
    signer: Signer<'_>,
    empty_subject: bool,
) -> Result<Vec<Extension>, EncodingError> {
    let profile = request.profile;
    let mut list = vec![
        extension::basic_constraints(profile.basic_constraints())?,
        extension::key_usage(&profile.usage(request.public_key.algorithm()))?,
    ];
    if !profile.extended_usage().is_empty() {
        list.push(extension::extended_key_usage(profile.extended_usage(), request.project_purpose)?);
    }
    if !request.names.as_slice().is_empty() {
        list.push(extension::subject_alternative_names(request.names.as_slice(), empty_subject)?);
    }
    list.push(extension::subject_key_identifier(request.public_key)?);
    list.push(extension::authority_key_identifier(&signer.key_identifier())?);
    list.extend(ca_extensions(profile)?);
    Ok(list)
}

fn ca_extensions(profile: &CertificateProfile) -> Result<Vec<Extension>, EncodingError> {
    let (permitted, excluded) = (profile.permitted_subtrees(), profile.excluded_subtrees());
    let mut list = Vec::new();
    if profile.basic_constraints() != BasicConstraints::EndEntity && !(permitted.is_empty() && excluded.is_empty()) {
        list.push(extension::name_constraints(permitted, excluded)?);
    }
    if !profile.policies().is_empty() {
        list.push(extension::certificate_policies(profile.policies())?);
    }
    Ok(list)
}

fn status_extensions(status: &StatusUrls) -> Result<Vec<Extension>, EncodingError> {
    let ca_issuers = status.ca_issuers.as_deref().map(extension::authority_information_access);
    let crl = status.crl.as_deref().map(extension::crl_distribution_points);
    ca_issuers.into_iter().chain(crl).collect()
}
