//! Descriptions of certificates and requests as pages show them.

use ca_core::x509::describe::{
    Attribute, CertificateDescription, ExtensionDescription, KeyDescription, RequestDescription,
};
use web_ui::certificates::{CertificateText, ExtensionText, KeyText, RequestText};

pub(super) fn certificate(found: &CertificateDescription) -> CertificateText {
    CertificateText {
        version: found.version,
        serial: found.serial.clone(),
        subject: attributes(&found.subject),
        issuer: attributes(&found.issuer),
        not_before: found.validity.not_before.seconds(),
        not_after: found.validity.not_after.seconds(),
        key: key(&found.key),
        signature: found.signature.algorithm.clone(),
        signature_weakness: found.signature.weakness.clone(),
        is_authority: found.is_authority,
        extensions: found.extensions.iter().map(extension).collect(),
        fingerprint_sha256: hexadecimal(&found.fingerprint_sha256),
        fingerprint_sha1: hexadecimal(&found.fingerprint_sha1),
        pem: found.to_pem(),
        text: found.to_text(),
    }
}

pub(super) fn request(found: &RequestDescription) -> RequestText {
    RequestText {
        subject: attributes(&found.subject),
        key: key(&found.key),
        signature: found.signature.algorithm.clone(),
        extensions: found.extensions.iter().map(extension).collect(),
        other_attributes: found.other_attributes.clone(),
        refusal: found.refusal.clone(),
        pem: found.to_pem(),
        text: found.to_text(),
    }
}

fn attributes(found: &[Attribute]) -> Vec<(String, String)> {
    found.iter().map(|attribute| (attribute.label.clone(), attribute.value.clone())).collect()
}

fn key(found: &KeyDescription) -> KeyText {
    KeyText {
        algorithm: found.algorithm.clone(),
        strength: found.strength.clone(),
        weakness: found.weakness.clone(),
        sha256: hexadecimal(&found.spki_sha256),
    }
}

fn extension(found: &ExtensionDescription) -> ExtensionText {
    ExtensionText {
        oid: found.oid.clone(),
        name: found.name.clone(),
        meaning: found.meaning.to_owned(),
        critical: found.critical,
        values: found.values.clone(),
    }
}

pub(super) fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
