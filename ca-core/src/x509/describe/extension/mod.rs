//! Extensions in words: what each is for, and what it says.

mod meaning;
mod values;

use const_oid::ObjectIdentifier;
use der::Decode as _;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::BasicConstraints;

use super::identifier;
use super::visible::octets;

/// `subjectAltName`.
pub(super) const SUBJECT_ALT_NAME: &str = "2.5.29.17";

/// One extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionDescription {
    /// Its object identifier.
    pub oid: String,
    /// Its name in the standard, spelled out.
    pub name: String,
    /// What it is for, in a sentence; empty for one that is not known here.
    pub meaning: &'static str,
    /// Whether a program that does not understand it must refuse the certificate.
    pub critical: bool,
    /// What it says, a line each.
    pub values: Vec<String>,
}

pub(super) fn describe(extension: &Extension) -> ExtensionDescription {
    let oid = extension.extn_id.to_string();
    let value = extension.extn_value.as_bytes();
    let known = meaning::of(&oid);
    let values = match values::read(&oid, value) {
        Some(Ok(lines)) => lines,
        Some(Err(error)) => vec![format!("It cannot be read ({error}): {}", octets(value))],
        None => vec![octets(value)],
    };
    ExtensionDescription {
        name: known.map_or_else(|| unknown_name(extension.extn_id), |(name, _)| name.to_owned()),
        meaning: known.map(|(_, meaning)| meaning).unwrap_or_default(),
        critical: extension.critical,
        values,
        oid,
    }
}

fn unknown_name(oid: ObjectIdentifier) -> String {
    format!("Extension {}", identifier::name(oid))
}

/// Whether it is the basicConstraints of a CA.
pub(super) fn makes_authority(extension: &Extension) -> bool {
    extension.extn_id.to_string() == "2.5.29.19"
        && BasicConstraints::from_der(extension.extn_value.as_bytes()).is_ok_and(|found| found.ca)
}
