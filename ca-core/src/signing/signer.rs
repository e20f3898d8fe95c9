//! The certificate and key that sign artifacts.

use std::sync::Arc;

use crate::hsm::{KeyRef, KeyState};
use crate::x509::chain::BrokenChain;
use crate::x509::extension::{BasicConstraints, ExtendedKeyUsage};
use crate::x509::{Certificate, Chain, EncodingError, Purposes};

/// A code-signing certificate with its path and its key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ArtifactSigner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    end_entity: Certificate,
    chain: Chain,
    key: KeyRef,
    key_state: KeyState,
}

/// Certificates and key that cannot sign artifacts.
#[derive(Debug, thiserror::Error)]
pub enum UnusableSigner {
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
    /// It ends before a CA certificate: those who verify would miss the one in between.
    #[error("the path of the certificate ends before its issuing CA")]
    Incomplete,
    /// The first certificate is a CA's.
    #[error("a CA certificate signs no artifacts")]
    Authority,
    /// Its key usage is not digitalSignature.
    #[error("the key usage of the certificate does not have digitalSignature")]
    KeyUsage,
    /// Its extended key usage is not codeSigning.
    #[error("the extended key usage of the certificate does not have codeSigning")]
    Purpose,
    /// Its extensions cannot be read.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl ArtifactSigner {
    /// A signer whose certificate is the first of `chain`, which goes up to the root, or to the CA below it.
    ///
    /// # Errors
    /// [`UnusableSigner`].
    pub fn new(chain: Vec<Certificate>, key: KeyRef, key_state: KeyState) -> Result<Self, UnusableSigner> {
        let chain = Chain::new(chain)?;
        let [end_entity, .., last] = chain.certificates() else { return Err(UnusableSigner::Incomplete) };
        if end_entity.public_key() != &key.public_key {
            return Err(UnusableSigner::ForeignKey { key: key.id, serial: end_entity.serial().clone() });
        }
        if end_entity.basic_constraints() != BasicConstraints::EndEntity {
            return Err(UnusableSigner::Authority);
        }
        if last.basic_constraints() == BasicConstraints::EndEntity {
            return Err(UnusableSigner::Incomplete);
        }
        let purposes = Purposes::of(end_entity)?;
        if !purposes.signs() {
            return Err(UnusableSigner::KeyUsage);
        }
        if !purposes.names(ExtendedKeyUsage::CodeSigning) {
            return Err(UnusableSigner::Purpose);
        }
        let end_entity = end_entity.clone();
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

    /// The key that signs.
    pub fn key(&self) -> &KeyRef {
        &self.0.key
    }

    /// The life-cycle state of that key.
    pub fn key_state(&self) -> KeyState {
        self.0.key_state
    }

    /// The path without its root.
    pub(super) fn without_root(&self) -> &[Certificate] {
        match self.chain() {
            [path @ .., last] if is_root(last) => path,
            path => path,
        }
    }

    /// Whether the path goes up to the root.
    pub(super) fn has_root(&self) -> bool {
        self.chain().last().is_some_and(is_root)
    }
}

fn is_root(certificate: &Certificate) -> bool {
    certificate.issuer() == certificate.subject()
}
