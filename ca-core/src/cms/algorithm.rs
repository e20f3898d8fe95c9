//! Algorithm identifiers as signed messages write them.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912;
use der::asn1::{Any, Null};
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::hsm::DigestAlgorithm;
use crate::x509::{KeyAlgorithm, SignatureAlgorithm};

/// What stands behind the identifier of a hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameters {
    /// Nothing (RFC 5754 §2: SHOULD).
    Absent,
    /// NULL, as every writer of Authenticode does.
    Null,
}

/// The identifier of a hash function.
pub(crate) const fn digest_oid(digest: DigestAlgorithm) -> ObjectIdentifier {
    match digest {
        DigestAlgorithm::Sha256 => rfc5912::ID_SHA_256,
        DigestAlgorithm::Sha384 => rfc5912::ID_SHA_384,
        DigestAlgorithm::Sha512 => rfc5912::ID_SHA_512,
    }
}

/// The hash function of an identifier; `None` for one that is not accepted.
pub(crate) fn digest_of(id: ObjectIdentifier) -> Option<DigestAlgorithm> {
    DigestAlgorithm::ALL.into_iter().find(|digest| digest_oid(*digest) == id)
}

pub(super) fn digest_identifier(digest: DigestAlgorithm, parameters: Parameters) -> AlgorithmIdentifierOwned {
    let parameters = (parameters == Parameters::Null).then(|| Any::from(Null));
    AlgorithmIdentifierOwned { oid: digest_oid(digest), parameters }
}

/// RFC 3370 §3.2: an RSA signature is named rsaEncryption, whatever the hash; the others as in certificates.
pub(super) fn signature_identifier(algorithm: SignatureAlgorithm) -> AlgorithmIdentifierOwned {
    use SignatureAlgorithm as A;
    match algorithm {
        A::RsaPkcs1Sha256 | A::RsaPkcs1Sha384 | A::RsaPkcs1Sha512 => {
            AlgorithmIdentifierOwned { oid: rfc5912::RSA_ENCRYPTION, parameters: Some(Any::from(Null)) }
        }
        A::EcdsaSha256 | A::EcdsaSha384 | A::EcdsaSha512 | A::Ed25519 => algorithm.identifier(),
    }
}

/// How a signer signed, from what it says: the identifier of its signature, its hash, and its key. `None` for what is not
/// accepted, and where they contradict each other.
pub(super) fn signature_of(
    id: ObjectIdentifier,
    digest: DigestAlgorithm,
    key: KeyAlgorithm,
) -> Option<SignatureAlgorithm> {
    let expected = signature_for(key, digest)?;
    let named_by_key = match key {
        KeyAlgorithm::Rsa { .. } => id == rfc5912::RSA_ENCRYPTION,
        KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521 => id == rfc5912::ID_EC_PUBLIC_KEY,
        KeyAlgorithm::Ed25519 => false,
    };
    (named_by_key || id == expected.oid()).then_some(expected)
}

/// The signature of a key with a hash. RFC 8419 §3.1: Ed25519 goes with SHA-512.
pub(crate) fn signature_for(key: KeyAlgorithm, digest: DigestAlgorithm) -> Option<SignatureAlgorithm> {
    use {DigestAlgorithm as D, KeyAlgorithm as K, SignatureAlgorithm as A};
    match (key, digest) {
        (K::Rsa { .. }, D::Sha256) => Some(A::RsaPkcs1Sha256),
        (K::Rsa { .. }, D::Sha384) => Some(A::RsaPkcs1Sha384),
        (K::Rsa { .. }, D::Sha512) => Some(A::RsaPkcs1Sha512),
        (K::Ed25519, D::Sha512) => Some(A::Ed25519),
        (K::Ed25519, D::Sha256 | D::Sha384) => None,
        (K::EcdsaP256 | K::EcdsaP384 | K::EcdsaP521, D::Sha256) => Some(A::EcdsaSha256),
        (K::EcdsaP256 | K::EcdsaP384 | K::EcdsaP521, D::Sha384) => Some(A::EcdsaSha384),
        (K::EcdsaP256 | K::EcdsaP384 | K::EcdsaP521, D::Sha512) => Some(A::EcdsaSha512),
    }
}
