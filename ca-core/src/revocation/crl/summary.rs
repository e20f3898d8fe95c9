//! What a CRL says, for display.

use const_oid::db::rfc5280;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::ext::pkix::crl::dp;

use super::extension::ISSUING_DISTRIBUTION_POINT;
use super::reader::TbsReader;
use super::{CrlNumber, IssuingDistributionPoint};
use crate::time::UnixTime;
use crate::x509::validity::from_time;
use crate::x509::{DistinguishedName, EncodingError};

/// A CRL without its entries. The signature is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlSummary {
    /// Name of the CA.
    pub issuer: DistinguishedName,
    /// Its number, if it has one.
    pub number: Option<CrlNumber>,
    /// When it was made.
    pub this_update: UnixTime,
    /// When the next one is due, if it says.
    pub next_update: Option<UnixTime>,
    /// Identifier of the key that signed it, if it says.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// Which list it is, if it says.
    pub issuing_distribution_point: Option<IssuingDistributionPoint>,
    /// How many certificates it lists.
    pub entries: usize,
}

impl CrlSummary {
    /// Reads a signed CRL in DER. Of the entries only the headers are read, so that a million of them cost no memory.
    ///
    /// # Errors
    /// When the bytes are no `CertificateList`, or number, key identifier or distribution point are malformed.
    pub fn from_der(der: &[u8]) -> Result<Self, EncodingError> {
        let fault = EncodingError::of("CertificateList");
        let list = TbsReader::from_signed(der).map_err(&fault)?;
        Self::of(&list).map_err(&fault)
    }

    fn of(list: &TbsReader<'_>) -> der::Result<Self> {
        let number = list.extension(rfc5280::ID_CE_CRL_NUMBER).map(|e| e.decode_value::<u128>()).transpose()?;
        let point = list.extension(ISSUING_DISTRIBUTION_POINT).map(|e| e.decode_value()).transpose()?;
        let authority = list.extension(rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER);
        let authority = authority.map(|e| e.decode_value::<AuthorityKeyIdentifier>()).transpose()?;
        let identifier = authority.and_then(|value| value.key_identifier).map(|id| id.as_bytes().to_vec());
        Ok(Self {
            issuer: DistinguishedName::from_der(list.issuer).map_err(EncodingError::into_inner)?,
            number: number.map(CrlNumber::new),
            this_update: from_time(&list.this_update),
            next_update: list.next_update.as_ref().map(from_time),
            authority_key_identifier: identifier,
            issuing_distribution_point: point
                .map(|value: dp::IssuingDistributionPoint| IssuingDistributionPoint::from_asn1(&value)),
            entries: list.entry_count(),
        })
    }
}
