//! A certification request in words.

use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode as _, Reader as _, Sequence, SliceReader, Tag};
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::extension::{self, ExtensionDescription};
use super::identifier;
use super::key::{self, KeyDescription};
use super::name::{self, Attribute};
use super::signature::{self, SignatureDescription};
use crate::x509::csr::{Envelope, Info};
use crate::x509::{CertificationRequest, EncodingError};

/// Everything that is in a certification request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestDescription {
    /// The subject asked for, attribute by attribute, most significant first.
    pub subject: Vec<Attribute>,
    /// The subject as RFC 4514 text; empty when there is none.
    pub subject_text: String,
    /// The key to be certified.
    pub key: KeyDescription,
    /// How the request is signed.
    pub signature: SignatureDescription,
    /// The extensions asked for, in their order.
    pub extensions: Vec<ExtensionDescription>,
    /// Attributes other than the extensions, by name; a challenge password is named and not shown.
    pub other_attributes: Vec<String>,
    /// Why this CA would refuse it as it stands, if it would; otherwise the requester has proved to hold the key.
    pub refusal: Option<String>,
    /// The exact encoding.
    pub der: Vec<u8>,
}

impl RequestDescription {
    /// The names asked for, each with its kind in front; empty without the extension.
    pub fn names(&self) -> &[String] {
        let found = self.extensions.iter().find(|extension| extension.oid == extension::SUBJECT_ALT_NAME);
        found.map(|extension| extension.values.as_slice()).unwrap_or_default()
    }

    /// What a person would call it: its first name, or its subject.
    pub fn title(&self) -> String {
        let first = self.names().first().and_then(|name| name.split_once(' ')).map(|(_, name)| name.to_owned());
        let common_name = || self.subject.iter().rev().find(|attribute| attribute.label == "common name");
        let subject = || common_name().map(|attribute| attribute.value.clone());
        first.or_else(subject).unwrap_or_else(|| match self.subject_text.as_str() {
            "" => "without a name".to_owned(),
            text => text.to_owned(),
        })
    }

    /// One PEM block.
    pub fn to_pem(&self) -> String {
        crate::x509::pem::encode("CERTIFICATE REQUEST", &self.der)
    }

    /// Everything as plain text.
    pub fn to_text(&self) -> String {
        super::text::request(self)
    }
}

#[derive(Sequence)]
struct RequestAttribute<'a> {
    kind: ObjectIdentifier,
    values: AnyRef<'a>,
}

/// Describes one PKCS#10 request in DER.
///
/// # Errors
/// When the bytes are no such request at all.
pub fn request(der: &[u8]) -> Result<RequestDescription, EncodingError> {
    let fault = EncodingError::of("CertificationRequest");
    let envelope = Envelope::split(der).map_err(&fault)?;
    let info = Info::split(envelope.info).map_err(&fault)?;
    let subject = Name::from_der(info.subject).map_err(EncodingError::of("subject"))?;
    let key =
        SubjectPublicKeyInfoOwned::from_der(info.public_key).map_err(EncodingError::of("SubjectPublicKeyInfo"))?;
    let attributes = elements::<RequestAttribute<'_>>(info.attributes).map_err(EncodingError::of("attributes"))?;
    let (asked, others): (Vec<_>, Vec<_>) = attributes.iter().partition(|found| is_extension_request(found.kind));
    let lists = asked.iter().filter_map(|found| elements::<Vec<Extension>>(found.values).ok());
    Ok(RequestDescription {
        subject: name::attributes(&subject),
        subject_text: name::text(&subject),
        key: key::describe(&key),
        signature: signature::describe(envelope.algorithm.oid),
        extensions: lists.flatten().flatten().map(|found| extension::describe(&found)).collect(),
        other_attributes: others.iter().map(|found| identifier::name(found.kind)).collect(),
        refusal: CertificationRequest::from_der(der).err().map(|refusal| refusal.to_string()),
        der: der.to_vec(),
    })
}

// RFC 2985 §5.4.2, and the name that older Windows tools give the same.
fn is_extension_request(kind: ObjectIdentifier) -> bool {
    const KINDS: [ObjectIdentifier; 2] =
        [ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14"), ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.14")];
    KINDS.contains(&kind)
}

/// The values inside a SET OF or a context-specific list.
fn elements<'a, T: der::Decode<'a, Error = der::Error>>(list: AnyRef<'a>) -> der::Result<Vec<T>> {
    if !list.header().tag().is_constructed() {
        return Err(Tag::Set.value_error().into());
    }
    let mut reader = SliceReader::new(list.value())?;
    let mut values = Vec::new();
    while !reader.is_finished() {
        values.push(reader.decode()?);
    }
    Ok(values)
}
