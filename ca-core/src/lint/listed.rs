//! A certificate revocation list to be signed: its head decoded for the rules, its entries left where they are.

use const_oid::db::rfc5280 as oid;
use der::asn1::{AnyRef, SequenceRef};
use der::{Encode as _, Reader as _, SliceReader, Tag, TagMode, TagNumber};
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::crl::BaseCrlNumber;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, IssuingDistributionPoint};
use x509_cert::ext::{Extension, Extensions};
use x509_cert::name::Name;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::IssuerFacts;
use super::extensions::{ENCODING, strict, value};
use super::finding::Finding;

/// `TBSCertList` of RFC 5280 §5.1 with its entries undecoded: there may be a million of them.
pub(super) struct Head<'a> {
    pub(super) version: Option<Version>,
    pub(super) signature: AlgorithmIdentifierOwned,
    pub(super) issuer: Name,
    pub(super) this_update: Time,
    pub(super) next_update: Option<Time>,
    pub(super) revoked_certificates: Option<&'a SequenceRef>,
    crl_extensions: Option<&'a SequenceRef>,
}

impl<'a> Head<'a> {
    fn decode(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let head = reader.sequence(|reader| -> der::Result<Self> {
            Ok(Self {
                version: reader.decode()?,
                signature: reader.decode()?,
                issuer: reader.decode()?,
                this_update: reader.decode()?,
                next_update: reader.decode()?,
                revoked_certificates: reader.decode()?,
                crl_extensions: reader.context_specific(TagNumber(0), TagMode::Explicit)?,
            })
        })?;
        reader.finish()?;
        Ok(head)
    }

    fn extensions(&self) -> Result<Extensions, Finding> {
        let Some(sequence) = self.crl_extensions else { return Ok(Extensions::new()) };
        let der = AnyRef::new(Tag::Sequence, sequence.as_bytes()).and_then(|any| any.to_der());
        let der = der.map_err(|error| ENCODING.finding(error.to_string()))?;
        strict(&der, &"crlExtensions")
    }
}

/// What the rules look at.
pub(super) struct Listed<'a> {
    pub(super) issuer: &'a IssuerFacts,
    pub(super) head: Head<'a>,
    extensions: Extensions,
    pub(super) number: Option<CrlNumber>,
    pub(super) base: Option<BaseCrlNumber>,
    pub(super) authority_key_identifier: Option<AuthorityKeyIdentifier>,
    pub(super) distribution_point: Option<IssuingDistributionPoint>,
}

impl<'a> Listed<'a> {
    pub(super) fn decode(tbs_der: &'a [u8], issuer: &'a IssuerFacts) -> Result<Self, Finding> {
        let head = Head::decode(tbs_der)
            .map_err(|error| ENCODING.finding(format!("TBSCertList cannot be decoded: {error}")))?;
        let extensions = head.extensions()?;
        let list = extensions.as_slice();
        Ok(Self {
            issuer,
            number: value(list, oid::ID_CE_CRL_NUMBER)?,
            base: value(list, oid::ID_CE_DELTA_CRL_INDICATOR)?,
            authority_key_identifier: value(list, oid::ID_CE_AUTHORITY_KEY_IDENTIFIER)?,
            // By its true identifier: the one that x509-cert associates with the type is another extension's.
            distribution_point: value(list, oid::ID_CE_ISSUING_DISTRIBUTION_POINT)?,
            head,
            extensions,
        })
    }

    pub(super) fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    pub(super) fn is_delta(&self) -> bool {
        self.base.is_some()
    }

    pub(super) fn is_indirect(&self) -> bool {
        self.distribution_point.as_ref().is_some_and(|point| point.indirect_crl)
    }
}
