//! A certificate as others gave it to us or as we issued it: the exact DER and the facts we read from it.

use aws_lc_rs::digest;
use const_oid::db::rfc5280 as oid;
use der::{Decode as _, Encode as _};
use x509_cert::certificate::{CertificateInner, Raw, TbsCertificateInner};
use x509_cert::ext::pkix as asn1;

use super::algorithm::{InvalidSignature, SignatureAlgorithm};
use super::extension::BasicConstraints;
use super::public_key::InvalidPublicKey;
use super::{DistinguishedName, EncodingError, GeneralName, SerialNumber, SubjectPublicKeyInfo, Validity};

/// A parsed certificate with its exact encoding.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    tbs_range: std::ops::Range<usize>,
    serial: SerialNumber,
    issuer: DistinguishedName,
    subject: DistinguishedName,
    validity: Validity,
    public_key: SubjectPublicKeyInfo,
    signature_algorithm: Option<SignatureAlgorithm>,
    signature: Vec<u8>,
    names: Vec<GeneralName>,
    subject_key_identifier: Option<Vec<u8>>,
    basic_constraints: BasicConstraints,
}

/// Bytes that are no certificate we can work with.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCertificate {
    /// Not DER of a certificate.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Its public key is of a kind we do not know.
    #[error(transparent)]
    PublicKey(#[from] InvalidPublicKey),
    /// Its serial is zero or longer than 20 octets.
    #[error("the certificate's serial number breaks RFC 5280 §4.1.2.2")]
    SerialNumber,
}

impl Certificate {
    /// Parses one DER certificate; trailing bytes are refused.
    ///
    /// # Errors
    /// [`InvalidCertificate`].
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidCertificate> {
        let error = EncodingError::of("Certificate");
        // `Raw` reads foreign certificates whose serials or times break RFC 5280, so that they can be shown and refused by name.
        let parsed = CertificateInner::<Raw>::from_der(der).map_err(&error)?;
        let tbs = parsed.tbs_certificate();
        let key = tbs.subject_public_key_info().to_der().map_err(&error)?;
        Ok(Self {
            tbs_range: tbs_range(der).map_err(&error)?,
            serial: SerialNumber::from_octets(tbs.serial_number().as_bytes())
                .map_err(|_| InvalidCertificate::SerialNumber)?,
            issuer: DistinguishedName::from_asn1(tbs.issuer())?,
            subject: DistinguishedName::from_asn1(tbs.subject())?,
            validity: Validity::from_asn1(tbs.validity()),
            public_key: SubjectPublicKeyInfo::from_der(&key)?,
            signature_algorithm: SignatureAlgorithm::from_identifier(parsed.signature_algorithm()),
            signature: parsed.signature().as_bytes().unwrap_or_default().to_vec(),
            names: subject_names(tbs)?,
            subject_key_identifier: subject_key_identifier(tbs)?,
            basic_constraints: basic_constraints(tbs)?,
            der: der.to_vec(),
        })
    }

    /// The exact encoding.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// One PEM block.
    pub fn to_pem(&self) -> String {
        super::pem::encode("CERTIFICATE", &self.der)
    }

    /// The signed part of the encoding.
    pub fn tbs_der(&self) -> &[u8] {
        self.der.get(self.tbs_range.clone()).unwrap_or_default()
    }

    /// Unique per issuer.
    pub fn serial(&self) -> &SerialNumber {
        &self.serial
    }

    /// Name of the issuer.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    /// Name of the subject, perhaps empty.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// First and last valid second.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The certified key.
    pub fn public_key(&self) -> &SubjectPublicKeyInfo {
        &self.public_key
    }

    /// How it is signed; `None` for an algorithm we do not accept.
    pub fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        self.signature_algorithm
    }

    /// Subject alternative names of the kinds we know, in the order of the extension.
    pub fn names(&self) -> &[GeneralName] {
        &self.names
    }

    /// The SKI extension, or RFC 5280 method (1) over the key when it is absent.
    pub fn key_identifier(&self) -> Vec<u8> {
        self.subject_key_identifier.clone().unwrap_or_else(|| self.public_key.key_identifier().to_vec())
    }

    /// Whether it is a CA's.
    pub fn basic_constraints(&self) -> BasicConstraints {
        self.basic_constraints
    }

    /// SHA-256 of the DER.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, &self.der).as_ref());
        hash
    }

    /// Verifies this certificate's signature under `issuer`'s key; names and times are not looked at.
    ///
    /// # Errors
    /// [`InvalidSignature`], also when the algorithm is none that we accept.
    pub fn verify_signed_by(&self, issuer: &SubjectPublicKeyInfo) -> Result<(), InvalidSignature> {
        let algorithm = self.signature_algorithm.ok_or(InvalidSignature::Mismatch)?;
        algorithm.verify(issuer, self.tbs_der(), &self.signature)
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Certificate({} serial {})", self.subject, self.serial)
    }
}

/// Where the first element of the outer SEQUENCE stands, header included.
fn tbs_range(der: &[u8]) -> der::Result<std::ops::Range<usize>> {
    use der::{Header, Reader as _, SliceReader};
    let mut reader = SliceReader::new(der)?;
    Header::decode(&mut reader)?;
    let start = usize::try_from(reader.position())?;
    let length = reader.tlv_bytes()?.len();
    Ok(start..start + length)
}

fn extension<'a, T: der::Decode<'a, Error = der::Error>>(
    tbs: &'a TbsCertificateInner<Raw>,
    id: const_oid::ObjectIdentifier,
) -> Result<Option<T>, EncodingError> {
    let Some(found) = tbs.extensions().and_then(|list| list.iter().find(|e| e.extn_id == id)) else {
        return Ok(None);
    };
    T::from_der(found.extn_value.as_bytes()).map(Some).map_err(EncodingError::of("Extension"))
}

fn subject_names(tbs: &TbsCertificateInner<Raw>) -> Result<Vec<GeneralName>, EncodingError> {
    let names: Option<asn1::SubjectAltName> = extension(tbs, oid::ID_CE_SUBJECT_ALT_NAME)?;
    Ok(names.map(|list| list.0.iter().filter_map(GeneralName::from_asn1).collect()).unwrap_or_default())
}

fn subject_key_identifier(tbs: &TbsCertificateInner<Raw>) -> Result<Option<Vec<u8>>, EncodingError> {
    let identifier: Option<asn1::SubjectKeyIdentifier> = extension(tbs, oid::ID_CE_SUBJECT_KEY_IDENTIFIER)?;
    Ok(identifier.map(|value| value.0.as_bytes().to_vec()))
}

fn basic_constraints(tbs: &TbsCertificateInner<Raw>) -> Result<BasicConstraints, EncodingError> {
    let constraints: Option<asn1::BasicConstraints> = extension(tbs, oid::ID_CE_BASIC_CONSTRAINTS)?;
    Ok(match constraints {
        Some(value) if value.ca => BasicConstraints::Authority { path_length: value.path_len_constraint },
        _ => BasicConstraints::EndEntity,
    })
}
