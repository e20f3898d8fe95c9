//! The CA certificate and key that sign.

use crate::hsm::{KeyRef, KeyState};
use crate::lint::IssuerFacts;
use crate::x509::{Certificate, Chain, DistinguishedName, SignatureAlgorithm, SubjectPublicKeyInfo, Validity};

/// Where a certificate says that its status is found. Only what is served is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusUrls {
    /// CRL distribution point.
    pub crl: Option<String>,
    /// caIssuers of the authority information access.
    pub ca_issuers: Option<String>,
}

/// A CA certificate with its key: what `[[authority]]` configures.
#[derive(Clone, Debug)]
pub struct Issuer {
    slug: String,
    certificate: Certificate,
    chain: Chain,
    key: KeyRef,
    key_state: KeyState,
    facts: IssuerFacts,
}

/// The key in the HSM is not the one in the CA certificate, or the certificate cannot be read for lint.
#[derive(Debug, thiserror::Error)]
#[error("authority {slug}: {reason}")]
pub struct UnusableIssuer {
    slug: String,
    reason: String,
}

impl Issuer {
    /// An issuer whose certificate is the first of `chain`. `slug` names it in status URLs.
    ///
    /// # Errors
    /// [`UnusableIssuer`] when `key` is not the certificate's key.
    pub fn new(slug: String, chain: Chain, key: KeyRef, key_state: KeyState) -> Result<Self, UnusableIssuer> {
        let unusable = |reason: String| UnusableIssuer { slug: slug.clone(), reason };
        let certificate = chain.certificates().first().cloned().ok_or_else(|| unusable("no certificate".into()))?;
        if certificate.public_key() != &key.public_key {
            return Err(unusable(format!("key {} is not the key of its certificate {}", key.id, certificate.serial())));
        }
        let facts = IssuerFacts::from_path(chain.certificates().iter().map(Certificate::as_der))
            .map_err(|error| unusable(error.to_string()))?;
        Ok(Self { slug, certificate, chain, key, key_state, facts })
    }

    /// Its name in status URLs: one per CA certificate and key.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The CA certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The CA certificate and those above it, without the trust anchor.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The key that signs.
    pub fn key(&self) -> &KeyRef {
        &self.key
    }

    /// The life-cycle state of that key.
    pub fn key_state(&self) -> KeyState {
        self.key_state
    }

    /// What it signs with.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::for_key(self.key.public_key.algorithm())
    }

    /// What lint knows of it.
    pub fn facts(&self) -> &IssuerFacts {
        &self.facts
    }
}

/// Who signs a certificate.
#[derive(Clone, Copy, Debug)]
pub enum Signer<'a> {
    /// A CA.
    Issuer(&'a Issuer),
    /// The certified key itself: a trust anchor.
    SelfSigned(&'a KeyRef),
}

impl<'a> Signer<'a> {
    pub(super) fn key(self) -> (&'a KeyRef, KeyState) {
        match self {
            Self::Issuer(issuer) => (&issuer.key, issuer.key_state),
            Self::SelfSigned(key) => (key, KeyState::Active),
        }
    }

    /// Names a CA in status URLs.
    pub(super) fn slug(self) -> Option<&'a str> {
        match self {
            Self::Issuer(issuer) => Some(&issuer.slug),
            Self::SelfSigned(_) => None,
        }
    }

    pub(super) fn public_key(self) -> &'a SubjectPublicKeyInfo {
        &self.key().0.public_key
    }

    pub(super) fn algorithm(self) -> SignatureAlgorithm {
        SignatureAlgorithm::for_key(self.public_key().algorithm())
    }

    pub(super) fn facts(self) -> Option<&'a IssuerFacts> {
        match self {
            Self::Issuer(issuer) => Some(&issuer.facts),
            Self::SelfSigned(_) => None,
        }
    }

    pub(super) fn name(self, subject: &'a DistinguishedName) -> &'a DistinguishedName {
        match self {
            Self::Issuer(issuer) => issuer.certificate.subject(),
            Self::SelfSigned(_) => subject,
        }
    }

    /// A certificate never outlives its issuer.
    pub(super) fn clip(self, validity: Validity) -> Validity {
        match self {
            Self::Issuer(issuer) => validity.clipped_to(issuer.certificate.validity()),
            Self::SelfSigned(_) => validity,
        }
    }

    pub(super) fn key_identifier(self) -> Vec<u8> {
        match self {
            Self::Issuer(issuer) => issuer.certificate.key_identifier(),
            Self::SelfSigned(key) => key.public_key.key_identifier().to_vec(),
        }
    }
}
