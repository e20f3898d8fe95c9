//! What an HSM can do, found by asking it.

use super::KeySpec;
use crate::x509::SignatureAlgorithm;

/// What an HSM can do. Probed, never assumed from a vendor's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Keys it can make and sign with.
    pub key_specs: Vec<KeySpec>,
    /// Algorithms it can sign with, whether natively or over a digest computed here.
    pub signature_algorithms: Vec<SignatureAlgorithm>,
    /// Whether it records the state and the purposes of a key. Where it does not, the state in the request decides.
    pub keeps_states: bool,
    /// How it wraps secrets; `None` if it cannot.
    pub wrapping: Option<String>,
    /// What it calls its mechanisms, for operators.
    pub mechanisms: Vec<String>,
}

impl Capabilities {
    /// The cheapest kind of key it offers, for probes.
    pub fn cheapest_key(&self) -> Option<KeySpec> {
        KeySpec::ALL.into_iter().find(|spec| self.key_specs.contains(spec))
    }

    /// The algorithms that keys of `specs` can sign with.
    pub(crate) fn algorithms_of(specs: &[KeySpec]) -> Vec<SignatureAlgorithm> {
        use SignatureAlgorithm as A;
        let rsa = specs.iter().any(|spec| matches!(spec, KeySpec::Rsa3072 | KeySpec::Rsa4096));
        [
            A::EcdsaSha256,
            A::EcdsaSha384,
            A::EcdsaSha512,
            A::RsaPkcs1Sha256,
            A::RsaPkcs1Sha384,
            A::RsaPkcs1Sha512,
            A::Ed25519,
        ]
        .into_iter()
        .filter(|algorithm| match algorithm {
            A::RsaPkcs1Sha256 | A::RsaPkcs1Sha384 | A::RsaPkcs1Sha512 => rsa,
            other => specs.iter().any(|spec| spec.signature_algorithm() == *other),
        })
        .collect()
    }
}
