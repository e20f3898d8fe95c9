//! The certificate and key of a time-stamping authority.

use std::sync::Arc;

use crate::hsm::{KeyRef, KeyState};
use crate::x509::chain::BrokenChain;
use crate::x509::extension::{BasicConstraints, ExtendedKeyUsage};
use crate::x509::{Certificate, Chain, EncodingError, KeyAlgorithm, Purposes};

/// A time-stamping certificate with its path and its key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TsaSigner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    end_entity: Certificate,
    chain: Chain,
    key: KeyRef,
    key_state: KeyState,
}

/// Certificates and key that cannot make timestamps.
#[derive(Debug, thiserror::Error)]
pub enum UnusableTsa {
    /// The key is another one.
    #[error("key {key} is not the key of the certificate with serial {serial}")]
    ForeignKey {
        /// The key.
        key: crate::hsm::KeyId,
        /// The certificate.
        serial: crate::x509::SerialNumber,
    },
    /// The certificates are no path.
    #[error(transparent)]
    Chain(#[from] BrokenChain),
    /// The first certificate is a CA's.
    #[error("a CA certificate makes no timestamps")]
    Authority,
    /// RFC 3161 §2.3: the only purpose, and critical.
    #[error("the extended key usage of the certificate is not timeStamping alone, marked critical (RFC 3161 §2.3)")]
    Purpose,
    /// Its key usage is not digitalSignature.
    #[error("the key usage of the certificate does not have digitalSignature")]
    KeyUsage,
    /// Those who verify timestamps do not know it.
    #[error("Ed25519 keys make no timestamps that others verify: use an ECDSA or RSA key")]
    Ed25519,
    /// Its extensions cannot be read.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl TsaSigner {
    /// An authority whose certificate is the first of `chain`, which goes up to the root, or to the CA below it.
    ///
    /// # Errors
    /// [`UnusableTsa`].
    pub fn new(chain: Vec<Certificate>, key: KeyRef, key_state: KeyState) -> Result<Self, UnusableTsa> {
        let chain = Chain::new(chain)?;
        let end_entity = chain.certificates().first().cloned().ok_or(BrokenChain::Empty)?;
        if end_entity.public_key() != &key.public_key {
            return Err(UnusableTsa::ForeignKey { key: key.id, serial: end_entity.serial().clone() });
        }
        if end_entity.basic_constraints() != BasicConstraints::EndEntity {
            return Err(UnusableTsa::Authority);
        }
        let purposes = Purposes::of(&end_entity)?;
        if !purposes.is_only(ExtendedKeyUsage::TimeStamping) {
            return Err(UnusableTsa::Purpose);
        }
        if !purposes.signs() {
            return Err(UnusableTsa::KeyUsage);
        }
        if end_entity.public_key().algorithm() == KeyAlgorithm::Ed25519 {
            return Err(UnusableTsa::Ed25519);
        }
        Ok(Self(Arc::new(Inner { end_entity, chain, key, key_state })))
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.0.end_entity
    }

    /// The certificate and those above it, as given.
    pub fn chain(&self) -> &[Certificate] {
        self.0.chain.certificates()
    }

    /// The path without its root: what tokens carry.
    pub(super) fn without_root(&self) -> &[Certificate] {
        match self.chain() {
            [path @ .., last] if !path.is_empty() && last.issuer() == last.subject() => path,
            path => path,
        }
    }

    /// The key that signs.
    pub fn key(&self) -> &KeyRef {
        &self.0.key
    }

    /// The life-cycle state of that key.
    pub fn key_state(&self) -> KeyState {
        self.0.key_state
    }
}
