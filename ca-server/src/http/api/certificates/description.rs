//! What a certificate or a request says, on the wire.

use ca_core::x509::describe::{
    Attribute, CertificateDescription, ExtensionDescription, KeyDescription, RequestDescription, SignatureDescription,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::hexadecimal;
use crate::http::api::Instant;

/// A certificate or a certification request in words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Description {
    /// `certificate` or `request`
    #[schema(example = "certificate")]
    kind: &'static str,
    /// Subject in the notation of RFC 4514; empty when there is none
    #[schema(example = "CN=web-1.example.org")]
    subject: String,
    /// The subject, attribute by attribute
    subject_attributes: Vec<DecodedAttribute>,
    /// Issuer in the notation of RFC 4514
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    /// Serial number in lower-case hexadecimal
    #[serde(skip_serializing_if = "Option::is_none")]
    serial: Option<String>,
    /// Subject alternative names, each with its kind
    #[schema(example = json!(["DNS web-1.example.org"]))]
    names: Vec<String>,
    /// First second of validity
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Instant>,
    /// Last second of validity
    #[serde(skip_serializing_if = "Option::is_none")]
    not_after: Option<Instant>,
    /// The key
    key: DecodedKey,
    /// How it is signed
    signature: DecodedSignature,
    /// The extensions, in their order
    extensions: Vec<DecodedExtension>,
    /// SHA-256 of a certificate
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint_sha256: Option<String>,
    /// Why this CA would refuse a request as it stands
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// One PEM block
    pem: String,
}

/// One attribute of a name.
#[derive(Debug, Serialize, ToSchema)]
struct DecodedAttribute {
    /// What it is
    #[schema(example = "common name")]
    name: String,
    /// What it says
    #[schema(example = "web-1.example.org")]
    value: String,
}

/// A key in words.
#[derive(Debug, Serialize, ToSchema)]
struct DecodedKey {
    /// Type and size
    #[schema(example = "ECDSA P-256")]
    algorithm: String,
    /// How strong it is
    #[schema(example = "At least 128 bits of security.")]
    strength: String,
    /// What is wrong with it
    #[serde(skip_serializing_if = "Option::is_none")]
    weakness: Option<String>,
    /// SHA-256 of the SubjectPublicKeyInfo
    sha256: String,
}

/// A signature in words.
#[derive(Debug, Serialize, ToSchema)]
struct DecodedSignature {
    /// The algorithm
    #[schema(example = "ECDSA with SHA-256")]
    algorithm: String,
    /// What is wrong with it
    #[serde(skip_serializing_if = "Option::is_none")]
    weakness: Option<String>,
}

/// An extension in words.
#[derive(Debug, Serialize, ToSchema)]
struct DecodedExtension {
    /// Object identifier
    #[schema(example = "2.5.29.17")]
    oid: String,
    /// Its name
    #[schema(example = "Subject alternative name")]
    name: String,
    /// What it is for; empty for one that is not known
    meaning: &'static str,
    /// Whether a program that does not understand it must refuse
    critical: bool,
    /// What it says, a line each
    values: Vec<String>,
}

impl Description {
    pub(super) fn of_certificate(found: &CertificateDescription) -> Self {
        Self {
            kind: "certificate",
            subject: found.subject_text.clone(),
            subject_attributes: attributes(&found.subject),
            issuer: Some(found.issuer_text.clone()),
            serial: Some(found.serial.clone()),
            names: found.names().to_vec(),
            not_before: Some(found.validity.not_before.into()),
            not_after: Some(found.validity.not_after.into()),
            key: key(&found.key),
            signature: signature(&found.signature),
            extensions: found.extensions.iter().map(extension).collect(),
            fingerprint_sha256: Some(hexadecimal(&found.fingerprint_sha256)),
            refusal: None,
            pem: found.to_pem(),
        }
    }

    pub(super) fn of_request(found: &RequestDescription) -> Self {
        Self {
            kind: "request",
            subject: found.subject_text.clone(),
            subject_attributes: attributes(&found.subject),
            issuer: None,
            serial: None,
            names: found.names().to_vec(),
            not_before: None,
            not_after: None,
            key: key(&found.key),
            signature: signature(&found.signature),
            extensions: found.extensions.iter().map(extension).collect(),
            fingerprint_sha256: None,
            refusal: found.refusal.clone(),
            pem: found.to_pem(),
        }
    }
}

fn attributes(found: &[Attribute]) -> Vec<DecodedAttribute> {
    found.iter().map(|one| DecodedAttribute { name: one.label.clone(), value: one.value.clone() }).collect()
}

fn key(found: &KeyDescription) -> DecodedKey {
    DecodedKey {
        algorithm: found.algorithm.clone(),
        strength: found.strength.clone(),
        weakness: found.weakness.clone(),
        sha256: hexadecimal(&found.spki_sha256),
    }
}

fn signature(found: &SignatureDescription) -> DecodedSignature {
    DecodedSignature { algorithm: found.algorithm.clone(), weakness: found.weakness.clone() }
}

fn extension(found: &ExtensionDescription) -> DecodedExtension {
    DecodedExtension {
        oid: found.oid.clone(),
        name: found.name.clone(),
        meaning: found.meaning,
        critical: found.critical,
        values: found.values.clone(),
    }
}
