//! The extensions a certification request asks for (RFC 2985 §5.4.2, RFC 5280 §4.2), as data for the profile to judge.

use const_oid::ObjectIdentifier;
use const_oid::db::{rfc5280, rfc5912};
use der::asn1::AnyRef;
use der::{Decode, ErrorKind, Reader as _, Sequence, SliceReader, Tag};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

use super::InvalidCertificationRequest;
use crate::x509::general_name::address;
use crate::x509::{EncodingError, GeneralName};

// RFC 2985 §5.4.2.
const EXTENSION_REQUEST: ObjectIdentifier = rfc5912::ID_EXTENSION_REQ;

// szOID_CERT_EXTENSIONS: the same value under the name that older Windows enrolment tools give it.
const MICROSOFT_EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.14");

/// What a request asks for beyond subject and key. Criticality is the profile's affair and not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedExtensions {
    /// Names of subjectAltName: normalised, sorted, without repetitions.
    pub subject_alternative_names: Vec<GeneralName>,
    /// keyUsage by the names of RFC 5280 §4.2.1.3, for instance `digitalSignature`; `None` if not requested.
    pub key_usage: Option<Vec<&'static str>>,
    /// extKeyUsage; `None` if not requested.
    pub extended_key_usage: Option<Vec<ObjectIdentifier>>,
    /// basicConstraints; `None` if not requested.
    pub basic_constraints: Option<RequestedBasicConstraints>,
    /// Extensions other than those above, in the request's order.
    pub others: Vec<ObjectIdentifier>,
}

/// The basicConstraints asked for (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedBasicConstraints {
    /// Whether a CA certificate is wanted.
    pub ca: bool,
    /// Certificates of CAs that may follow.
    pub path_len: Option<u8>,
}

/// `Attribute` of RFC 2986 §4.1. DER would sort them; not all requesters do, and nothing depends on it.
#[derive(Sequence)]
struct Attribute<'a> {
    kind: ObjectIdentifier,
    values: AnyRef<'a>,
}

impl RequestedExtensions {
    /// Reads `[0] Attributes`; attributes other than the extension request are skipped unread.
    pub(super) fn from_attributes(attributes: &AnyRef<'_>) -> Result<Self, InvalidCertificationRequest> {
        let mut requested = None;
        for attribute in elements::<Attribute<'_>>(attributes.value(), "attributes")? {
            if !matches!(attribute.kind, EXTENSION_REQUEST | MICROSOFT_EXTENSION_REQUEST) {
                continue;
            }
            if requested.is_some() {
                return Err(InvalidCertificationRequest::RepeatedExtensionRequest);
            }
            requested = Some(Self::from_values(attribute.values)?);
        }
        Ok(requested.unwrap_or_default())
    }

    fn from_values(values: AnyRef<'_>) -> Result<Self, InvalidCertificationRequest> {
        let fault = EncodingError::of("extensionRequest");
        Tag::Set.assert_eq(values.header().tag()).map_err(&fault)?;
        // RFC 2985 §5.4.2: SINGLE VALUE TRUE.
        let mut lists = elements::<Vec<Extension>>(values.value(), "extensionRequest")?;
        match (lists.pop(), lists.is_empty()) {
            (Some(extensions), true) => Self::from_extensions(&extensions),
            (None, _) => Err(fault(ErrorKind::Length { tag: Tag::Set }.into()).into()),
            (Some(_), false) => Err(InvalidCertificationRequest::RepeatedExtensionRequest),
        }
    }

    fn from_extensions(extensions: &[Extension]) -> Result<Self, InvalidCertificationRequest> {
        let mut requested = Self::default();
        for (index, extension) in extensions.iter().enumerate() {
            // RFC 5280 §4.2: "A certificate MUST NOT include more than one instance of a particular extension."
            if extensions.iter().take(index).any(|earlier| earlier.extn_id == extension.extn_id) {
                return Err(InvalidCertificationRequest::RepeatedExtension(extension.extn_id));
            }
            requested.add(extension.extn_id, extension.extn_value.as_bytes())?;
        }
        Ok(requested)
    }

    fn add(&mut self, kind: ObjectIdentifier, value: &[u8]) -> Result<(), InvalidCertificationRequest> {
        match kind {
            rfc5280::ID_CE_SUBJECT_ALT_NAME => self.subject_alternative_names = general_names(value)?,
            rfc5280::ID_CE_KEY_USAGE => self.key_usage = Some(key_usage_names(&decode(value, "keyUsage")?)),
            rfc5280::ID_CE_EXT_KEY_USAGE => {
                let ExtendedKeyUsage(purposes) = decode(value, "extKeyUsage")?;
                self.extended_key_usage = Some(purposes);
            }
            rfc5280::ID_CE_BASIC_CONSTRAINTS => {
                let BasicConstraints { ca, path_len_constraint } = decode(value, "basicConstraints")?;
                self.basic_constraints = Some(RequestedBasicConstraints { ca, path_len: path_len_constraint });
            }
            other => self.others.push(other),
        }
        Ok(())
    }
}

fn decode<'a, T: Decode<'a, Error = der::Error>>(der: &'a [u8], what: &'static str) -> Result<T, EncodingError> {
    T::from_der(der).map_err(EncodingError::of(what))
}

/// Every value of a SET OF or SEQUENCE OF, given its contents octets.
fn elements<'a, T: Decode<'a, Error = der::Error>>(
    contents: &'a [u8],
    what: &'static str,
) -> Result<Vec<T>, EncodingError> {
    let fault = EncodingError::of(what);
    let mut reader = SliceReader::new(contents).map_err(&fault)?;
    let mut values = Vec::new();
    while !reader.is_finished() {
        values.push(reader.decode().map_err(&fault)?);
    }
    Ok(values)
}

fn key_usage_names(usages: &KeyUsage) -> Vec<&'static str> {
    let usages = [
        (usages.digital_signature(), "digitalSignature"),
        (usages.non_repudiation(), "nonRepudiation"),
        (usages.key_encipherment(), "keyEncipherment"),
        (usages.data_encipherment(), "dataEncipherment"),
        (usages.key_agreement(), "keyAgreement"),
        (usages.key_cert_sign(), "keyCertSign"),
        (usages.crl_sign(), "cRLSign"),
        (usages.encipher_only(), "encipherOnly"),
        (usages.decipher_only(), "decipherOnly"),
    ];
    usages.into_iter().filter_map(|(wanted, name)| wanted.then_some(name)).collect()
}

fn general_names(value: &[u8]) -> Result<Vec<GeneralName>, InvalidCertificationRequest> {
    let list: AnyRef<'_> = decode(value, "subjectAltName")?;
    Tag::Sequence.assert_eq(list.header().tag()).map_err(EncodingError::of("subjectAltName"))?;
    let mut names = elements::<AnyRef<'_>>(list.value(), "subjectAltName")?
        .into_iter()
        .map(general_name)
        .collect::<Result<Vec<_>, _>>()?;
    names.sort();
    names.dedup();
    Ok(names)
}

/// RFC 5280 §4.2.1.6: the alternatives of `GeneralName` by their tag number.
const KINDS: [&str; 9] = [
    "otherName",
    "rfc822Name",
    "dNSName",
    "x400Address",
    "directoryName",
    "ediPartyName",
    "uniformResourceIdentifier",
    "iPAddress",
    "registeredID",
];

fn general_name(name: AnyRef<'_>) -> Result<GeneralName, InvalidCertificationRequest> {
    let tag = name.header().tag();
    let number = tag.number().value();
    match (tag, number) {
        (Tag::ContextSpecific { constructed: false, .. }, 1) => Ok(GeneralName::email(text(name)?)?),
        (Tag::ContextSpecific { constructed: false, .. }, 2) => Ok(GeneralName::dns(text(name)?)?),
        (Tag::ContextSpecific { constructed: false, .. }, 6) => Ok(GeneralName::uri(text(name)?)?),
        (Tag::ContextSpecific { constructed: false, .. }, 7) => address(name.value())
            .map(GeneralName::Ip)
            .ok_or(InvalidCertificationRequest::InvalidAddress(name.value().len())),
        _ => Err(InvalidCertificationRequest::UnsupportedName(kind(tag))),
    }
}

/// `otherName`, or the tag of what is no `GeneralName` at all.
fn kind(tag: Tag) -> String {
    let index = usize::try_from(tag.number().value()).ok().filter(|_| tag.is_context_specific());
    index.and_then(|index| KINDS.get(index)).map_or_else(|| tag.to_string(), |kind| (*kind).to_owned())
}

fn text(name: AnyRef<'_>) -> Result<&str, EncodingError> {
    std::str::from_utf8(name.value()).map_err(|error| EncodingError::of("subjectAltName")(error.into()))
}
