//! From facts and rows to the exact bytes to sign.

use der::asn1::ContextSpecific;
use der::{Encode as _, TagMode, TagNumber};
use x509_cert::ext::Extension;

use super::buffer::{FrontBuffer, HEADER_ROOM};
use super::{CrlNumber, IssuingDistributionPoint, LintRefusal, LintedCertificateList, RevokedEntry, entry, extension};
use crate::hsm::{KeyRef, KeyState};
use crate::policy::Permitted;
use crate::policy::action::PublishCrl;
use crate::time::UnixTime;
use crate::x509::validity::to_time;
use crate::x509::{Certificate, EncodingError, SignatureAlgorithm};

/// The CA whose list it is: its certificate, and its key as recorded.
#[derive(Clone, Copy, Debug)]
pub struct CertificateListIssuer<'a> {
    /// The CA certificate.
    pub certificate: &'a Certificate,
    /// Its key in the HSM.
    pub key: &'a KeyRef,
    /// The life-cycle state of that key.
    pub key_state: KeyState,
}

impl CertificateListIssuer<'_> {
    /// What it signs with.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::for_key(self.key.public_key.algorithm())
    }
}

/// What a list says besides its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateListFacts {
    /// When it is made.
    pub this_update: UnixTime,
    /// When the next one will be there at the latest.
    pub next_update: UnixTime,
    /// Its number.
    pub number: CrlNumber,
    /// Which list it is; `None` for the whole list under no particular URL.
    pub issuing_distribution_point: Option<IssuingDistributionPoint>,
}

/// Why no list can be built.
#[derive(Debug, thiserror::Error)]
pub enum CertificateListError {
    /// The key is not the one of the CA certificate.
    #[error("the signing key {0} is not the key of the CA certificate")]
    ForeignKey(crate::hsm::KeyId),
    /// nextUpdate is not later than thisUpdate.
    #[error("nextUpdate {next_update} is not later than thisUpdate {this_update}")]
    EmptyPeriod {
        /// When it is made.
        this_update: UnixTime,
        /// When it ends.
        next_update: UnixTime,
    },
    /// An issuing distribution point that says nothing (RFC 5280 §5.2.5).
    #[error("the issuing distribution point names neither a URL nor a scope")]
    EmptyDistributionPoint,
    /// The encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

/// A list that takes entries.
#[derive(Debug)]
pub struct CertificateListBuilder {
    buffer: FrontBuffer,
    /// Everything from the version to nextUpdate.
    head: Vec<u8>,
    extensions: Vec<u8>,
    algorithm: SignatureAlgorithm,
}

impl CertificateListBuilder {
    /// Starts a list of about `expected_entries`, for which memory is set aside.
    ///
    /// # Errors
    /// [`CertificateListError`].
    pub fn new(
        _permitted: &Permitted<PublishCrl>,
        issuer: CertificateListIssuer<'_>,
        facts: &CertificateListFacts,
        expected_entries: usize,
    ) -> Result<Self, CertificateListError> {
        check(issuer, facts)?;
        let algorithm = issuer.signature_algorithm();
        let head = head(issuer, facts).map_err(EncodingError::of("TBSCertList"))?;
        let extensions = encode_extensions(extensions(issuer, facts)?).map_err(EncodingError::of("crlExtensions"))?;
        // Behind the entries come the extensions and at last the signature, of at most 512 octets and its algorithm.
        let capacity = expected_entries.saturating_mul(entry::TYPICAL_SIZE) + extensions.len() + 600;
        let buffer = FrontBuffer::new(3 * HEADER_ROOM + head.len(), capacity);
        Ok(Self { buffer, head, extensions, algorithm })
    }

    /// Adds a page of entries. They may come in any order; a serial may come once.
    ///
    /// # Errors
    /// When a time cannot be encoded; the list is then of no use any more.
    pub fn append(&mut self, page: &[RevokedEntry]) -> Result<(), EncodingError> {
        page.iter().try_for_each(|entry| entry.encode(self.buffer.back()))
    }

    /// Closes the list.
    ///
    /// # Errors
    /// When it is longer than 4 GiB.
    pub fn finish(mut self) -> Result<TbsCertificateList, EncodingError> {
        self.close().map_err(EncodingError::of("TBSCertList"))?;
        Ok(TbsCertificateList { buffer: self.buffer, algorithm: self.algorithm })
    }

    fn close(&mut self) -> der::Result<()> {
        // RFC 5280 §5.1.2.6: "When there are no revoked certificates, the revoked certificates list MUST be absent."
        if !self.buffer.as_slice().is_empty() {
            self.buffer.wrap_in_sequence()?;
        }
        self.buffer.back().extend_from_slice(&self.extensions);
        self.buffer.prepend(&self.head)?;
        self.buffer.wrap_in_sequence()
    }
}

/// The bytes to sign, not yet linted.
#[derive(Debug)]
pub struct TbsCertificateList {
    buffer: FrontBuffer,
    algorithm: SignatureAlgorithm,
}

impl TbsCertificateList {
    /// Reads every octet back and holds it against the rules of RFC 5280.
    ///
    /// # Errors
    /// [`LintRefusal`] with all findings; the list is then gone.
    pub fn lint(self, issuer: CertificateListIssuer<'_>) -> Result<LintedCertificateList, LintRefusal> {
        LintedCertificateList::check(self.buffer, self.algorithm, issuer)
    }
}

fn check(issuer: CertificateListIssuer<'_>, facts: &CertificateListFacts) -> Result<(), CertificateListError> {
    let CertificateListFacts { this_update, next_update, .. } = *facts;
    if issuer.certificate.public_key() != &issuer.key.public_key {
        return Err(CertificateListError::ForeignKey(issuer.key.id));
    }
    if next_update <= this_update {
        return Err(CertificateListError::EmptyPeriod { this_update, next_update });
    }
    if facts.issuing_distribution_point.as_ref().is_some_and(IssuingDistributionPoint::is_empty) {
        return Err(CertificateListError::EmptyDistributionPoint);
    }
    Ok(())
}

/// `version, signature, issuer, thisUpdate, nextUpdate` of RFC 5280 §5.1.2.
fn head(issuer: CertificateListIssuer<'_>, facts: &CertificateListFacts) -> der::Result<Vec<u8>> {
    // v2, as there are extensions.
    const VERSION_2: u8 = 1;
    let mut head = Vec::new();
    VERSION_2.encode(&mut head)?;
    issuer.signature_algorithm().identifier().encode(&mut head)?;
    head.extend_from_slice(issuer.certificate.subject().as_der());
    for instant in [facts.this_update, facts.next_update] {
        to_time(instant).map_err(EncodingError::into_inner)?.encode(&mut head)?;
    }
    Ok(head)
}

fn extensions(
    issuer: CertificateListIssuer<'_>,
    facts: &CertificateListFacts,
) -> Result<Vec<Extension>, EncodingError> {
    let mut list = vec![
        crate::x509::extension::authority_key_identifier(&issuer.certificate.key_identifier())?,
        extension::crl_number(facts.number)?,
    ];
    list.extend(facts.issuing_distribution_point.as_ref().map(IssuingDistributionPoint::to_extension).transpose()?);
    Ok(list)
}

/// `crlExtensions [0] EXPLICIT Extensions`
fn encode_extensions(value: Vec<Extension>) -> der::Result<Vec<u8>> {
    ContextSpecific { tag_number: TagNumber(0), tag_mode: TagMode::Explicit, value }.to_der()
}
