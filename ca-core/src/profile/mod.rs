//! Certificate profiles: what a certificate may be.
//!
//! [`ProfileConfig`](config::ProfileConfig) is the file as written; [`CertificateProfile`] is what was validated: immutable,
//! with a hash that orders and certificates are pinned to.

pub mod config;
pub(crate) mod error;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests;
mod validate;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_lc_rs::digest;
use const_oid::ObjectIdentifier;

pub use config::{CommonName, GeneratedKeyType, KeyType, NameKind, SubjectKind};
pub use error::ProfileError;

use crate::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, NameSubtree};
use crate::x509::name::SubjectAttribute;
use crate::x509::{CertificationRequest, GeneralName, KeyAlgorithm};

/// SHA-256 of a profile's canonical text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileHash([u8; 32]);

impl ProfileHash {
    fn of(canonical: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        Self(hash)
    }

    /// A hash that was stored.
    pub const fn from_bytes(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// The 32 octets.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The first 12 hexadecimal digits: enough for people to tell versions apart.
impl std::fmt::Display for ProfileHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().take(6).try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// A validated profile. Its fields are private, so every value of this type passed [`CertificateProfile::from_toml`].
#[derive(Clone, Debug)]
pub struct CertificateProfile {
    name: String,
    hash: ProfileHash,
    canonical: String,
    description: String,
    kind: SubjectKind,
    default_validity: Duration,
    maximum_validity: Duration,
    backdate: Duration,
    key_types: Vec<KeyType>,
    usage: Vec<KeyUsage>,
    rsa_usage: Vec<KeyUsage>,
    extended_usage: Vec<ExtendedKeyUsage>,
    names: NameRules,
    common_name: CommonName,
    fixed_subject: BTreeMap<SubjectAttribute, String>,
    subject_from_request: Vec<SubjectAttribute>,
    basic_constraints: BasicConstraints,
    policies: Vec<ObjectIdentifier>,
    permitted_subtrees: Vec<NameSubtree>,
    excluded_subtrees: Vec<NameSubtree>,
    approvals_required: u32,
    generated_keys: Vec<GeneratedKeyType>,
}

#[derive(Clone, Debug)]
struct NameRules {
    allowed: Vec<NameKind>,
    required: bool,
    wildcards: bool,
    dns_suffixes: Vec<String>,
    maximum: usize,
}

/// A request that the profile does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileRefusal {
    /// A type of key that is not on the list.
    #[error("profile {profile} does not allow {key} keys")]
    Key {
        /// The profile's name.
        profile: String,
        /// The key in the request.
        key: KeyAlgorithm,
    },
    /// A type of key that this server may not make.
    #[error("profile {profile} does not let this server make {key} keys")]
    GeneratedKey {
        /// The profile's name.
        profile: String,
        /// The key that it made.
        key: KeyAlgorithm,
    },
    /// A name that the profile does not allow.
    #[error("profile {profile} does not allow the name {name}: {reason}")]
    Name {
        /// The profile's name.
        profile: String,
        /// The name in the request.
        name: GeneralName,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// No name where one is required, or too many.
    #[error("profile {profile} takes {least} to {most} names, the request has {found}")]
    NameCount {
        /// The profile's name.
        profile: String,
        /// Fewest names.
        least: usize,
        /// Most names.
        most: usize,
        /// Names in the request.
        found: usize,
    },
    /// A purpose of the requester's own where that means nothing.
    #[error("profile {profile} is not one for code signing: it takes no purpose of a project's own")]
    ProjectPurpose {
        /// The profile's name.
        profile: String,
    },
    /// A period longer than the maximum.
    #[error("profile {profile} allows at most {}, the request asks for {}", crate::duration::format(*.maximum), crate::duration::format(*.requested))]
    Validity {
        /// The profile's name.
        profile: String,
        /// Longest period.
        maximum: Duration,
        /// Period in the request.
        requested: Duration,
    },
}

impl CertificateProfile {
    /// Reads and validates the text of `file`; `name` is the profile's name.
    ///
    /// # Errors
    /// [`ProfileError`] with file, key and line for unknown keys, wrong types and contradictions.
    pub fn from_toml(name: &str, file: &str, text: &str) -> Result<Self, ProfileError> {
        let config: config::ProfileConfig =
            toml::from_str(text).map_err(|error| ProfileError::from_toml(file, text, &error))?;
        validate::profile(name, config).map_err(|fault| fault.locate(file, text))
    }

    /// The profile's name, the file name without `.toml`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Identifies this version of the profile.
    pub fn hash(&self) -> ProfileHash {
        self.hash
    }

    /// The profile with every default spelled out; [`CertificateProfile::from_toml`] reads it back to the same hash.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// One sentence for people.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What kind of certificate it makes.
    pub fn kind(&self) -> SubjectKind {
        self.kind
    }

    /// How long before the moment of issuance notBefore lies.
    pub fn backdate(&self) -> Duration {
        self.backdate
    }

    /// Validity when the request asks for none.
    pub fn default_validity(&self) -> Duration {
        self.default_validity
    }

    /// Longest validity.
    pub fn maximum_validity(&self) -> Duration {
        self.maximum_validity
    }

    /// So many different people must approve a request for one.
    pub fn approvals_required(&self) -> u32 {
        self.approvals_required
    }

    /// The keys that this server may make for a requester; empty when it may not.
    pub fn generated_keys(&self) -> &[GeneratedKeyType] {
        &self.generated_keys
    }

    /// Whether this server may make such a key for a requester.
    ///
    /// # Errors
    /// [`ProfileRefusal::GeneratedKey`].
    pub fn check_generated_key(&self, key: KeyAlgorithm) -> Result<(), ProfileRefusal> {
        let word = key.to_string();
        if self.generated_keys.iter().any(|kind| kind.as_str() == word) {
            return Ok(());
        }
        Err(ProfileRefusal::GeneratedKey { profile: self.name().to_owned(), key })
    }

    /// ExtendedKeyUsage, empty for none.
    pub fn extended_usage(&self) -> &[ExtendedKeyUsage] {
        &self.extended_usage
    }

    /// KeyUsage for a key of this type.
    pub fn usage(&self, key: KeyAlgorithm) -> Vec<KeyUsage> {
        let extra: &[KeyUsage] = if matches!(key, KeyAlgorithm::Rsa { .. }) { &self.rsa_usage } else { &[] };
        self.usage.iter().chain(extra).copied().collect()
    }

    /// BasicConstraints of its certificates.
    pub fn basic_constraints(&self) -> BasicConstraints {
        self.basic_constraints
    }

    pub(crate) fn policies(&self) -> &[ObjectIdentifier] {
        &self.policies
    }

    pub(crate) fn permitted_subtrees(&self) -> &[NameSubtree] {
        &self.permitted_subtrees
    }

    pub(crate) fn excluded_subtrees(&self) -> &[NameSubtree] {
        &self.excluded_subtrees
    }

    pub(crate) fn common_name(&self) -> CommonName {
        self.common_name
    }

    pub(crate) fn fixed_subject(&self) -> &BTreeMap<SubjectAttribute, String> {
        &self.fixed_subject
    }

    pub(crate) fn takes_from_request(&self, attribute: SubjectAttribute) -> bool {
        self.subject_from_request.contains(&attribute)
    }

    /// The names that a CSR asks this profile for: those of its subjectAltName, and a commonName that is a DNS name or an
    /// address (RFC 8555 §7.4), unless the profile takes the commonName for what the subject is called.
    pub fn names_of(&self, csr: &CertificationRequest) -> Vec<GeneralName> {
        match self.common_name {
            CommonName::Requested => csr.subject_alternative_names().to_vec(),
            CommonName::None | CommonName::FirstDnsName => csr.names(),
        }
    }

    /// Whether a key of this type may be certified.
    ///
    /// # Errors
    /// [`ProfileRefusal::Key`].
    pub fn check_key(&self, key: KeyAlgorithm) -> Result<(), ProfileRefusal> {
        let fits = |kind: &KeyType| match (kind, key) {
            (KeyType::Rsa, KeyAlgorithm::Rsa { modulus_bits }) => (2048..=4096).contains(&modulus_bits),
            (KeyType::Rsa3072, KeyAlgorithm::Rsa { modulus_bits }) => (3072..=4096).contains(&modulus_bits),
            (KeyType::EcdsaP256, KeyAlgorithm::EcdsaP256)
            | (KeyType::EcdsaP384, KeyAlgorithm::EcdsaP384)
            | (KeyType::EcdsaP521, KeyAlgorithm::EcdsaP521)
            | (KeyType::Ed25519, KeyAlgorithm::Ed25519) => true,
            _ => false,
        };
        let refusal = || ProfileRefusal::Key { profile: self.name.clone(), key };
        self.key_types.iter().any(fits).then_some(()).ok_or_else(refusal)
    }

    /// Whether exactly these names may be certified together.
    ///
    /// # Errors
    /// [`ProfileRefusal::Name`] for the first name that is not allowed, [`ProfileRefusal::NameCount`] for too few or many.
    pub fn check_names(&self, names: &[GeneralName]) -> Result<(), ProfileRefusal> {
        let (least, most) = (usize::from(self.names.required), self.names.maximum);
        if names.len() < least || names.len() > most {
            return Err(ProfileRefusal::NameCount { profile: self.name.clone(), least, most, found: names.len() });
        }
        names.iter().try_for_each(|name| self.check_name(name))
    }

    /// Whether this name may be certified.
    ///
    /// # Errors
    /// [`ProfileRefusal::Name`].
    pub fn check_name(&self, name: &GeneralName) -> Result<(), ProfileRefusal> {
        let refusal = |reason| ProfileRefusal::Name { profile: self.name.clone(), name: name.clone(), reason };
        self.names.fault(name).map_or(Ok(()), |reason| Err(refusal(reason)))
    }

    /// Whether a purpose of the requester's own may stand beside the profile's.
    ///
    /// # Errors
    /// [`ProfileRefusal::ProjectPurpose`].
    pub fn check_project_purpose(&self) -> Result<(), ProfileRefusal> {
        if self.extended_usage == [ExtendedKeyUsage::CodeSigning] {
            return Ok(());
        }
        Err(ProfileRefusal::ProjectPurpose { profile: self.name.clone() })
    }

    /// The length of a certificate for which `requested` was asked.
    ///
    /// # Errors
    /// [`ProfileRefusal::Validity`] when it exceeds the maximum.
    pub fn validity_for(&self, requested: Option<Duration>) -> Result<Duration, ProfileRefusal> {
        let requested = requested.unwrap_or(self.default_validity);
        if requested > self.maximum_validity {
            return Err(ProfileRefusal::Validity {
                profile: self.name.clone(),
                maximum: self.maximum_validity,
                requested,
            });
        }
        Ok(requested)
    }
}

impl NameRules {
    fn fault(&self, name: &GeneralName) -> Option<&'static str> {
        let kind = match name {
            GeneralName::Dns(_) => NameKind::Dns,
            GeneralName::Ip(_) => NameKind::Ip,
            GeneralName::Uri(_) => NameKind::Uri,
            GeneralName::Email(_) => NameKind::Email,
        };
        if !self.allowed.contains(&kind) {
            return Some("names of this kind are not allowed");
        }
        let GeneralName::Dns(text) = name else { return None };
        if text.starts_with("*.") && !self.wildcards {
            return Some("wildcards are not allowed");
        }
        let host = text.strip_prefix("*.").unwrap_or(text);
        let below = |suffix: &String| {
            host == suffix || host.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.ends_with('.'))
        };
        let inside = self.dns_suffixes.is_empty() || self.dns_suffixes.iter().any(below);
        (!inside).then_some("it lies outside the domains that the profile lists")
    }
}
