//! Distinguished names (RFC 5280 §4.1.2.4), kept as the exact DER they were made from.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519;
use der::asn1::{Any, PrintableString, SetOfVec, Utf8StringRef};
use der::{Decode as _, Encode as _};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use super::EncodingError;

/// A distinguished name. Two names are equal when their DER is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DistinguishedName {
    der: Vec<u8>,
    text: String,
}

/// An attribute that this CA writes into a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectAttribute {
    /// `C`, two letters.
    Country,
    /// `ST`.
    StateOrProvince,
    /// `L`.
    Locality,
    /// `O`.
    Organization,
    /// `OU`.
    OrganizationalUnit,
    /// `CN`.
    CommonName,
}

impl SubjectAttribute {
    /// The attribute of an object identifier, if it is one that this CA writes.
    pub(crate) fn of(oid: ObjectIdentifier) -> Option<Self> {
        use SubjectAttribute as A;
        let all = [A::Country, A::StateOrProvince, A::Locality, A::Organization, A::OrganizationalUnit, A::CommonName];
        all.into_iter().find(|attribute| attribute.oid() == oid)
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Country => rfc4519::COUNTRY_NAME,
            Self::StateOrProvince => rfc4519::ST,
            Self::Locality => rfc4519::LOCALITY_NAME,
            Self::Organization => rfc4519::ORGANIZATION_NAME,
            Self::OrganizationalUnit => rfc4519::ORGANIZATIONAL_UNIT_NAME,
            Self::CommonName => rfc4519::COMMON_NAME,
        }
    }

    // RFC 5280 §A.1: ub-country-name-alpha-length 2, ub-locality-name and ub-state-name 128, the others 64.
    fn longest(self) -> usize {
        match self {
            Self::Country => 2,
            Self::StateOrProvince | Self::Locality => 128,
            Self::Organization | Self::OrganizationalUnit | Self::CommonName => 64,
        }
    }
}

/// A value that cannot stand in a distinguished name.
#[derive(Debug, thiserror::Error)]
pub enum InvalidAttribute {
    /// Longer than RFC 5280's upper bound, or empty.
    #[error("{attribute:?} {value:?} must have 1 to {longest} characters")]
    Length {
        /// The attribute.
        attribute: SubjectAttribute,
        /// Its value as given.
        value: String,
        /// The upper bound.
        longest: usize,
    },
    /// It would be cut off or hidden where it is read: no certificate, log or database should hold it.
    #[error("{attribute:?} {value:?} has a control character in it")]
    Control {
        /// The attribute.
        attribute: SubjectAttribute,
        /// Its value as given.
        value: String,
    },
    /// The DER encoder refused it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl DistinguishedName {
    /// A name of one attribute per RDN in the order given, most significant first.
    ///
    /// # Errors
    /// [`InvalidAttribute`] when a value is too long, empty, not encodable or has control characters in it.
    pub fn from_attributes(attributes: &[(SubjectAttribute, String)]) -> Result<Self, InvalidAttribute> {
        let mut sequence = RdnSequence::default();
        for (attribute, value) in attributes {
            sequence.push(relative_name(*attribute, value)?);
        }
        let name = Name::hazmat_from_rdn_sequence(sequence);
        Ok(Self::from_asn1(&name)?)
    }

    /// Parses DER and keeps the very bytes.
    ///
    /// # Errors
    /// When the bytes are no `Name`.
    pub fn from_der(der: &[u8]) -> Result<Self, EncodingError> {
        let name = Name::from_der(der).map_err(EncodingError::of("Name"))?;
        Ok(Self { der: der.to_vec(), text: name.to_string() })
    }

    pub(crate) fn from_asn1(name: &Name) -> Result<Self, EncodingError> {
        Ok(Self { der: name.to_der().map_err(EncodingError::of("Name"))?, text: name.to_string() })
    }

    /// The exact encoding.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// No attributes at all: then the names are in the SAN, which is critical.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// RFC 4514 text, most specific attribute first.
impl std::fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::fmt::Debug for DistinguishedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DistinguishedName({:?})", self.text)
    }
}

fn relative_name(attribute: SubjectAttribute, value: &str) -> Result<RelativeDistinguishedName, InvalidAttribute> {
    let longest = attribute.longest();
    let length = value.chars().count();
    if length == 0 || length > longest {
        return Err(InvalidAttribute::Length { attribute, value: value.to_owned(), longest });
    }
    if value.chars().any(char::is_control) {
        return Err(InvalidAttribute::Control { attribute, value: value.to_owned() });
    }
    let error = EncodingError::of("AttributeTypeAndValue");
    let value = match attribute {
        // RFC 5280 §A.1: X520countryName is a PrintableString.
        SubjectAttribute::Country => PrintableString::new(value).and_then(|text| Any::encode_from(&text)),
        _ => Utf8StringRef::new(value).and_then(|text| Any::encode_from(&text)),
    }
    .map_err(&error)?;
    let pair = AttributeTypeAndValue { oid: attribute.oid(), value };
    let set = SetOfVec::try_from(vec![pair]).map_err(&error)?;
    Ok(RelativeDistinguishedName::from(set))
}
