//! Signing on a token: which mechanism, over what, and the result as X.509 has it.

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};

use super::super::probe::CANARY_LABEL;
use super::super::{DigestAlgorithm, Failure, Input, SignPurpose, SignRequest, Signature};
use super::connection::Use;
use super::mechanisms::{Mechanisms, hashing};
use super::trouble::{Trouble, trouble};
use super::{ecdsa_signature, keys};
use crate::x509::{KeyAlgorithm, SignatureAlgorithm};

/// Signs and verifies. The request has passed [`SignRequest::check`].
pub(super) fn sign(token: &Use<'_>, request: &SignRequest) -> Result<Signature, Trouble> {
    let key = keys::locate(token, request.key())?;
    // A token keeps no purposes; that canaries probe, and nothing else does, is told by the label.
    if key.label.starts_with(CANARY_LABEL) != (request.purpose() == SignPurpose::Probe) {
        return Err(Failure::PurposeForbids { purpose: request.purpose() }.into());
    }
    let (mechanism, data) = plan(&token.connection.mechanisms, request)?;
    let signature = token.session.sign(&mechanism, key.private, &data).map_err(trouble(token.place()))?;
    let signature = match request.key().public_key.algorithm() {
        KeyAlgorithm::Rsa { .. } | KeyAlgorithm::Ed25519 => Some(signature),
        KeyAlgorithm::EcdsaP256 | KeyAlgorithm::EcdsaP384 | KeyAlgorithm::EcdsaP521 => {
            ecdsa_signature::to_der(&signature)
        }
    };
    let verified = signature.and_then(|signature| request.verified(signature).ok());
    verified.ok_or_else(|| {
        token.connection.keys.forget(&request.key().locator);
        Trouble::bad_signature()
    })
}

/// Hashing a long message on a token means sending all of it there.
const SENT_TO_BE_HASHED: usize = 16 * 1024;

/// What is sent to the token. ECDSA always over a digest made here; RSA hashed by the token if it can, else as a
/// `DigestInfo`.
fn plan(mechanisms: &Mechanisms, request: &SignRequest) -> Result<(Mechanism<'static>, Vec<u8>), Failure> {
    use MechanismType as M;
    let algorithm = request.algorithm();
    let hashes_itself = hashing(algorithm).filter(|mechanism| mechanisms.has(*mechanism)).and_then(mechanism_of);
    let unsupported = || Failure::Unsupported(format!("{algorithm:?} is none of the token's mechanisms"));
    match (request.key().public_key.algorithm(), request.input(), request.digest(), hashes_itself) {
        (KeyAlgorithm::Ed25519, Input::Message(message), ..) => {
            Ok((Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure)), message.clone()))
        }
        (KeyAlgorithm::Rsa { .. }, Input::Message(message), _, Some(mechanism))
            if message.len() <= SENT_TO_BE_HASHED || !mechanisms.has(M::RSA_PKCS) =>
        {
            Ok((mechanism, message.clone()))
        }
        (KeyAlgorithm::Rsa { .. }, _, Some(digest), _) if mechanisms.has(M::RSA_PKCS) => {
            let info = digest_info(algorithm).ok_or_else(unsupported)?;
            Ok((Mechanism::RsaPkcs, [info, digest.as_ref()].concat()))
        }
        (KeyAlgorithm::Rsa { .. }, ..) => Err(unsupported()),
        (_, _, Some(digest), _) if mechanisms.has(M::ECDSA) => Ok((Mechanism::Ecdsa, digest.as_ref().to_vec())),
        (_, Input::Message(message), _, Some(mechanism)) => Ok((mechanism, message.clone())),
        _ => Err(unsupported()),
    }
}

fn mechanism_of(mechanism: MechanismType) -> Option<Mechanism<'static>> {
    use MechanismType as M;
    Some(match mechanism {
        M::ECDSA_SHA256 => Mechanism::EcdsaSha256,
        M::ECDSA_SHA384 => Mechanism::EcdsaSha384,
        M::ECDSA_SHA512 => Mechanism::EcdsaSha512,
        M::SHA256_RSA_PKCS => Mechanism::Sha256RsaPkcs,
        M::SHA384_RSA_PKCS => Mechanism::Sha384RsaPkcs,
        M::SHA512_RSA_PKCS => Mechanism::Sha512RsaPkcs,
        _ => return None,
    })
}

// RFC 8017 §9.2, note 1: the DER of DigestInfo up to the digest.
fn digest_info(algorithm: SignatureAlgorithm) -> Option<&'static [u8]> {
    Some(match DigestAlgorithm::of(algorithm)? {
        DigestAlgorithm::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        DigestAlgorithm::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
        DigestAlgorithm::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
    })
}
