//! Signature algorithms in words.

use const_oid::ObjectIdentifier;

use super::identifier;

/// How something is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureDescription {
    /// The algorithm: `ECDSA with SHA-256`.
    pub algorithm: String,
    /// What is wrong with it, if something is.
    pub weakness: Option<String>,
}

pub(super) fn describe(oid: ObjectIdentifier) -> SignatureDescription {
    let known = match oid.to_string().as_str() {
        "1.2.840.10045.4.3.2" => "ECDSA with SHA-256",
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        "1.2.840.10045.4.1" => "ECDSA with SHA-1",
        "1.2.840.113549.1.1.4" => "RSA with MD5",
        "1.2.840.113549.1.1.5" => "RSA with SHA-1",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "RSA with SHA-256",
        "1.2.840.113549.1.1.12" => "RSA with SHA-384",
        "1.2.840.113549.1.1.13" => "RSA with SHA-512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        _ => return SignatureDescription { algorithm: identifier::name(oid), weakness: None },
    };
    let broken = ["SHA-1", "MD5"].into_iter().find(|hash| known.ends_with(hash));
    SignatureDescription {
        algorithm: known.to_owned(),
        weakness: broken.map(|hash| format!("{hash} is broken: clients refuse such signatures.")),
    }
}
