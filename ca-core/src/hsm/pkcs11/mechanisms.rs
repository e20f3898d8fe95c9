//! What the token says it can do, and how our algorithms map to it.

use cryptoki::context::Pkcs11;
use cryptoki::error::Error;
use cryptoki::mechanism::MechanismType;
use cryptoki::slot::Slot;

use super::super::{Capabilities, KeySpec};
use crate::x509::{KeyAlgorithm, SignatureAlgorithm};

/// Mechanisms with the key sizes they take, as the token gives them.
#[derive(Clone, Default)]
pub(super) struct Mechanisms(Vec<(MechanismType, Sizes)>);

#[derive(Clone, Copy)]
struct Sizes {
    least: usize,
    most: usize,
}

impl Mechanisms {
    /// Asks for the list and for each entry's sizes.
    pub(super) fn probe(context: &Pkcs11, slot: Slot) -> Result<Self, Error> {
        let mechanisms = context.get_mechanism_list(slot)?.into_iter();
        // A mechanism that is listed but has no information is one that cannot be used.
        let known = mechanisms.filter_map(|mechanism| {
            let info = context.get_mechanism_info(slot, mechanism).ok()?;
            Some((mechanism, Sizes { least: info.min_key_size(), most: info.max_key_size() }))
        });
        Ok(Self(known.collect()))
    }

    pub(super) fn has(&self, mechanism: MechanismType) -> bool {
        self.0.iter().any(|(known, _)| *known == mechanism)
    }

    fn takes(&self, mechanism: MechanismType, bits: usize) -> bool {
        self.0.iter().any(|(known, sizes)| {
            // Some tokens state no sizes for curves whose size is fixed.
            let fits = (sizes.least..=sizes.most).contains(&bits) || sizes.most == 0;
            *known == mechanism && fits
        })
    }

    /// Whether the token can make and use keys of this kind.
    pub(super) fn offers(&self, spec: KeySpec) -> bool {
        use MechanismType as M;
        match spec.algorithm() {
            KeyAlgorithm::Rsa { modulus_bits } => {
                let bits = usize::try_from(modulus_bits).unwrap_or(usize::MAX);
                self.takes(M::RSA_PKCS_KEY_PAIR_GEN, bits) && (self.has(M::RSA_PKCS) || self.has(M::SHA256_RSA_PKCS))
            }
            KeyAlgorithm::Ed25519 => self.has(M::ECC_EDWARDS_KEY_PAIR_GEN) && self.has(M::EDDSA),
            curve => {
                let bits = match curve {
                    KeyAlgorithm::EcdsaP256 => 256,
                    KeyAlgorithm::EcdsaP384 => 384,
                    _ => 521,
                };
                let hashing = hashing(spec.signature_algorithm()).is_some_and(|mechanism| self.has(mechanism));
                self.takes(M::ECC_KEY_PAIR_GEN, bits) && (self.takes(M::ECDSA, bits) || hashing)
            }
        }
    }

    pub(super) fn capabilities(&self) -> Capabilities {
        let key_specs: Vec<KeySpec> = KeySpec::ALL.into_iter().filter(|spec| self.offers(*spec)).collect();
        let wrapping = if self.wraps_with_aes() {
            Some("CKM_AES_GCM".to_owned())
        } else {
            self.wraps_with_rsa().then(|| "CKM_RSA_PKCS_OAEP".to_owned())
        };
        Capabilities {
            signature_algorithms: Capabilities::algorithms_of(&key_specs),
            key_specs,
            keeps_states: false,
            wrapping,
            mechanisms: self.0.iter().map(|(mechanism, _)| mechanism.to_string()).collect(),
        }
    }

    pub(super) fn wraps_with_aes(&self) -> bool {
        self.has(MechanismType::AES_KEY_GEN) && self.has(MechanismType::AES_GCM)
    }

    pub(super) fn wraps_with_rsa(&self) -> bool {
        self.takes(MechanismType::RSA_PKCS_KEY_PAIR_GEN, 3072) && self.has(MechanismType::RSA_PKCS_OAEP)
    }
}

/// The mechanism that hashes on the token.
pub(super) fn hashing(algorithm: SignatureAlgorithm) -> Option<MechanismType> {
    use {MechanismType as M, SignatureAlgorithm as A};
    match algorithm {
        A::EcdsaSha256 => Some(M::ECDSA_SHA256),
        A::EcdsaSha384 => Some(M::ECDSA_SHA384),
        A::EcdsaSha512 => Some(M::ECDSA_SHA512),
        A::RsaPkcs1Sha256 => Some(M::SHA256_RSA_PKCS),
        A::RsaPkcs1Sha384 => Some(M::SHA384_RSA_PKCS),
        A::RsaPkcs1Sha512 => Some(M::SHA512_RSA_PKCS),
        A::Ed25519 => None,
    }
}
