//! A description as plain text, in the manner that administrators know from other tools.

use std::fmt::Write as _;

use super::visible::octets;
use super::{CertificateDescription, ExtensionDescription, KeyDescription, RequestDescription};

pub(super) fn certificate(found: &CertificateDescription) -> String {
    let mut text = format!("Certificate, version {}\n", found.version);
    line(&mut text, "Serial", &found.serial);
    line(&mut text, "Issuer", &found.issuer_text);
    line(&mut text, "Subject", or_none(&found.subject_text));
    line(&mut text, "Not before", &found.validity.not_before.to_string());
    line(&mut text, "Not after", &found.validity.not_after.to_string());
    key(&mut text, &found.key);
    line(&mut text, "Signature", &found.signature.algorithm);
    extensions(&mut text, &found.extensions);
    line(&mut text, "SHA-256", &whole(&found.fingerprint_sha256));
    line(&mut text, "SHA-1", &whole(&found.fingerprint_sha1));
    text
}

pub(super) fn request(found: &RequestDescription) -> String {
    let mut text = "Certification request\n".to_owned();
    line(&mut text, "Subject", or_none(&found.subject_text));
    key(&mut text, &found.key);
    line(&mut text, "Signature", &found.signature.algorithm);
    extensions(&mut text, &found.extensions);
    for attribute in &found.other_attributes {
        line(&mut text, "Attribute", attribute);
    }
    text
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "(empty)" } else { text }
}

fn key(text: &mut String, key: &KeyDescription) {
    line(text, "Key", &key.algorithm);
    line(text, "Key SHA-256", &whole(&key.spki_sha256));
}

fn extensions(text: &mut String, extensions: &[ExtensionDescription]) {
    for extension in extensions {
        let critical = if extension.critical { ", critical" } else { "" };
        line(text, "Extension", &format!("{} ({}){critical}", extension.name, extension.oid));
        for value in &extension.values {
            line(text, "", value);
        }
    }
}

/// Writing to a text never fails.
fn line(text: &mut String, label: &str, value: &str) {
    let _ = writeln!(text, "    {label:<12} {value}");
}

fn whole(hash: &[u8]) -> String {
    octets(hash)
}
