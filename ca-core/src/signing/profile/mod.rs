//! Signing profiles: which key signs what for whom, and who must agree.
//!
//! [`SigningProfileConfig`](config::SigningProfileConfig) is the file as written; [`SigningProfile`] is what was validated:
//! immutable, with a hash that requests are pinned to.

pub mod config;
mod hours;
mod issuer;
#[cfg(test)]
mod tests;
pub mod trust;
mod validate;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest;

pub use config::{CertificateMode, Environment, StageConfig};
pub use hours::Hours;
pub use trust::{CiTrust, TrustRule, Trusted, UnmetClaim};

use super::Format;
use crate::hsm::{DigestAlgorithm, KeySpec};
use crate::profile::ProfileError;
use crate::x509::ProjectPurpose;

/// SHA-256 of a signing profile's canonical text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SigningProfileHash([u8; 32]);

impl SigningProfileHash {
    fn of(canonical: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        Self(hash)
    }

    /// The 32 octets.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The first 12 hexadecimal digits: enough for people to tell versions apart.
impl fmt::Display for SigningProfileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(6).try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// A validated signing profile. Its fields are private, so every value of this type passed [`SigningProfile::from_toml`].
#[derive(Clone, Debug)]
pub struct SigningProfile {
    name: String,
    hash: SigningProfileHash,
    canonical: String,
    label: String,
    environment: Environment,
    formats: Vec<Format>,
    digests: Vec<DigestAlgorithm>,
    hsm: Option<String>,
    key: KeySpec,
    certificate: CertificateRule,
    timestamp_required: bool,
    external_timestamps: Vec<String>,
    trust: Vec<TrustRule>,
    stages: Vec<StageConfig>,
    limits: Limits,
    expires: Duration,
    reuse: bool,
}

/// Whose name is in the signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRule {
    /// One for all requests, or one for each.
    pub mode: CertificateMode,
    /// Name of the authority; the first one that issues when absent.
    pub issuer: Option<String>,
    /// Name of the certificate profile.
    pub profile: String,
    /// How long it lives; the certificate profile's default when absent.
    pub validity: Option<Duration>,
    /// An extended key usage of the project.
    pub project_eku: Option<ProjectPurpose>,
}

/// How much, when and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Artifacts in one request.
    pub items: usize,
    /// Requests within an hour.
    pub requests_per_hour: u32,
    /// Signatures within 24 hours.
    pub signatures_per_day: u64,
    /// When requests are taken; always when absent.
    pub hours: Option<Hours>,
    /// Networks that requests are taken from; all when empty.
    pub sources: Vec<ipnet::IpNet>,
    /// Nothing is taken and nothing is signed.
    pub frozen: bool,
}

impl SigningProfile {
    /// Reads and validates the text of `file`; `name` is the profile's name, perhaps with a folder: `payments/release-win`.
    ///
    /// # Errors
    /// [`ProfileError`] with file, key and line for unknown keys, wrong types and contradictions.
    pub fn from_toml(name: &str, file: &str, text: &str) -> Result<Self, ProfileError> {
        let config: config::SigningProfileConfig =
            toml::from_str(text).map_err(|error| ProfileError::from_toml(file, text, &error))?;
        validate::profile(name, config).map_err(|fault| fault.locate(file, text))
    }

    /// Reads back a version that was in force and stored as [`SigningProfile::canonical`].
    ///
    /// # Errors
    /// [`ProfileError`] for what was damaged.
    pub fn from_stored(name: &str, canonical: &str) -> Result<Self, ProfileError> {
        let file = "signing_profile_version";
        let config: config::SigningProfileConfig =
            toml::from_str(canonical).map_err(|error| ProfileError::from_toml(file, canonical, &error))?;
        validate::stored(name, config).map_err(|fault| fault.locate(file, canonical))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Identifies this version of the profile.
    pub fn hash(&self) -> SigningProfileHash {
        self.hash
    }

    /// The profile with every default spelled out; [`SigningProfile::from_toml`] reads it back to the same hash.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// A few words for people.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What the signatures are for.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// Kinds of signature that may be asked for.
    pub fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// Hash functions of the digests.
    pub fn digests(&self) -> &[DigestAlgorithm] {
        &self.digests
    }

    /// Name of the HSM with the key; that of the issuer when absent.
    pub fn hsm(&self) -> Option<&str> {
        self.hsm.as_deref()
    }

    /// Type of the key.
    pub fn key(&self) -> KeySpec {
        self.key
    }

    /// Whose name is in the signatures.
    pub fn certificate(&self) -> &CertificateRule {
        &self.certificate
    }

    /// Whether nothing is released without a timestamp.
    pub fn timestamp_required(&self) -> bool {
        self.timestamp_required
    }

    /// Timestamp authorities of others, in the order of asking.
    pub fn external_timestamps(&self) -> &[String] {
        &self.external_timestamps
    }

    /// Who may ask; any of them is enough.
    pub fn trust(&self) -> &[TrustRule] {
        &self.trust
    }

    /// Who must agree, one stage after the other.
    pub fn stages(&self) -> &[StageConfig] {
        &self.stages
    }

    /// How much, when and from where.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How long a request stands undecided.
    pub fn expires(&self) -> Duration {
        self.expires
    }

    /// Whether the same digests asked for again get the signatures that exist.
    pub fn reuses(&self) -> bool {
        self.reuse
    }

    /// The Cedar policies of its trust rules.
    pub fn policies(&self) -> String {
        self.trust.iter().map(|rule| rule.policy(&self.name)).collect()
    }

    /// Whether a job or a machine with these claims fully meets a rule.
    pub fn trusts(&self, claims: &BTreeMap<String, String>) -> bool {
        let about_claims = self.trust.iter().filter(|rule| *rule.who() != Trusted::ApiTokens);
        about_claims.map(|rule| rule.unmet(&self.name, claims)).any(|unmet| unmet.is_empty())
    }

    /// What an API token with these roles lacks for the rules about API tokens.
    pub fn unmet_roles(&self, roles: &[String]) -> Vec<UnmetClaim> {
        self.trust.iter().filter_map(|rule| rule.unmet_role(&self.name, roles)).collect()
    }

    /// What each rule about claims misses, for an answer that says why somebody may not ask. Empty when one is met.
    pub fn unmet(&self, claims: &BTreeMap<String, String>) -> Vec<UnmetClaim> {
        let about_claims = self.trust.iter().filter(|rule| *rule.who() != Trusted::ApiTokens);
        let unmet: Vec<Vec<UnmetClaim>> = about_claims.map(|rule| rule.unmet(&self.name, claims)).collect();
        if unmet.iter().any(Vec::is_empty) { Vec::new() } else { unmet.concat() }
    }
}
