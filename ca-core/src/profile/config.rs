//! `ProfileConfig`: a certificate profile as an administrator writes it in `policies/profiles/NAME.toml`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::x509::extension::{ExtendedKeyUsage, KeyUsage};
use crate::x509::name::SubjectAttribute;

/// What kind of certificate a profile makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// A certificate that may not sign others.
    EndEntity,
    /// A CA below another.
    SubordinateCa,
    /// A self-signed trust anchor.
    Root,
}

/// The whole file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileConfig {
    /// One sentence for people.
    pub description: String,
    /// What the certificate is.
    pub kind: Spanned<SubjectKind>,
    /// How long it lives.
    pub validity: ValidityConfig,
    /// Which keys it may hold, and for what.
    pub key: KeyConfig,
    /// Which names it may bind.
    #[serde(default)]
    pub names: NamesConfig,
    /// What its subject says.
    #[serde(default)]
    pub subject: SubjectConfig,
    /// Which further extensions it carries.
    #[serde(default)]
    pub extensions: ExtensionsConfig,
    /// Who must agree before a request for one is signed.
    #[serde(default)]
    pub approval: ApprovalConfig,
    /// Whether this server may make the key.
    #[serde(default)]
    pub key_generation: KeyGenerationConfig,
}

/// `[validity]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ValidityConfig {
    /// Used when the request asks for nothing.
    #[serde(with = "spanned_duration")]
    pub default: Spanned<Duration>,
    /// Never more; a longer request is refused. The issuer's own end clips too.
    #[serde(with = "spanned_duration")]
    pub maximum: Spanned<Duration>,
    /// notBefore lies so long before the moment of issuance, for clocks that are behind.
    #[serde(with = "crate::duration::text", default = "hour")]
    pub backdate: Duration,
}

/// `[key]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// Accepted key types.
    pub algorithms: Spanned<Vec<KeyType>>,
    /// Bits of the KeyUsage extension for every key.
    pub usage: Spanned<Vec<KeyUsage>>,
    /// Bits added for RSA keys, for instance `key-encipherment`.
    #[serde(default)]
    pub rsa_usage: Vec<KeyUsage>,
    /// ExtendedKeyUsage; empty writes no extension.
    #[serde(default)]
    pub extended_usage: Vec<ExtendedKeyUsage>,
}

/// A type of key in `key.algorithms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyType {
    /// RSA of 2048 to 4096 bits.
    Rsa,
    /// RSA of 3072 to 4096 bits.
    #[serde(rename = "rsa-3072")]
    Rsa3072,
    /// P-256.
    EcdsaP256,
    /// P-384.
    EcdsaP384,
    /// P-521.
    EcdsaP521,
    /// Ed25519.
    Ed25519,
}

/// A kind of name in `names.allowed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameKind {
    /// dNSName.
    Dns,
    /// iPAddress.
    Ip,
    /// uniformResourceIdentifier.
    Uri,
    /// rfc822Name.
    Email,
}

/// `[names]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NamesConfig {
    /// Kinds of subject alternative names that may be asked for.
    #[serde(default)]
    pub allowed: Vec<NameKind>,
    /// At least one name must be there.
    #[serde(default)]
    pub required: Option<Spanned<bool>>,
    /// Whether `*.example.org` may be asked for.
    #[serde(default)]
    pub wildcards: bool,
    /// Only DNS names equal to or below one of these (no list: any).
    #[serde(default)]
    pub dns_suffixes: Vec<String>,
    /// At most so many names (default 100).
    #[serde(default)]
    pub maximum: Option<usize>,
}

/// Where the common name comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommonName {
    /// No common name: the names are in the SAN alone.
    #[default]
    None,
    /// The first DNS name that fits into 64 characters.
    FirstDnsName,
    /// What the request says.
    Requested,
}

/// `[subject]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectConfig {
    /// Where the common name comes from.
    #[serde(default)]
    pub common_name: CommonName,
    /// Attributes written into every certificate, for instance `organization = "Example"`.
    #[serde(default)]
    pub fixed: BTreeMap<SubjectAttribute, String>,
    /// Attributes taken over from the request when it has them.
    #[serde(default)]
    pub from_request: Vec<SubjectAttribute>,
}

/// `[extensions]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExtensionsConfig {
    /// pathLenConstraint of a CA.
    #[serde(default)]
    pub path_length: Option<Spanned<u8>>,
    /// certificatePolicies, as dotted object identifiers.
    #[serde(default)]
    pub policies: Vec<Spanned<String>>,
    /// Name constraints of a subordinate CA.
    #[serde(default)]
    pub name_constraints: Option<Spanned<NameConstraintsConfig>>,
}

/// `[extensions.name_constraints]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NameConstraintsConfig {
    /// Only these names.
    #[serde(default)]
    pub permitted: SubtreesConfig,
    /// None of these names.
    #[serde(default)]
    pub excluded: SubtreesConfig,
}

/// Subtrees by kind of name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SubtreesConfig {
    /// DNS names and what is below them.
    #[serde(default)]
    pub dns: Vec<String>,
    /// Networks in CIDR notation.
    #[serde(default)]
    pub ip: Vec<ipnet::IpNet>,
    /// Hosts of mailboxes; a leading dot means below.
    #[serde(default)]
    pub email: Vec<String>,
    /// Hosts of URIs; a leading dot means below.
    #[serde(default)]
    pub uri: Vec<String>,
}

/// `[approval]`: about requests of operators. What ACME validates needs nobody's word.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalConfig {
    /// So many different people, the requester not among them, must approve (default 1).
    #[serde(default = "one")]
    pub required: Spanned<u32>,
}

impl Default for ApprovalConfig {
    fn default() -> Self {
        Self { required: one() }
    }
}

/// `[key_generation]`: about keys that this server makes for a requester and hands over once.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyGenerationConfig {
    /// Whether it may (default false): a key that was made elsewhere was in two places.
    #[serde(default)]
    pub allowed: bool,
    /// Which keys it makes; the first is offered first.
    #[serde(default)]
    pub algorithms: Option<Spanned<Vec<GeneratedKeyType>>>,
}

/// A type of key in `key_generation.algorithms`: each says exactly what is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratedKeyType {
    /// P-256.
    EcdsaP256,
    /// P-384.
    EcdsaP384,
    /// P-521.
    EcdsaP521,
    /// Ed25519.
    Ed25519,
    /// RSA with a modulus of 3072 bits.
    #[serde(rename = "rsa-3072")]
    Rsa3072,
}

impl GeneratedKeyType {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::EcdsaP521 => "ecdsa-p521",
            Self::Ed25519 => "ed25519",
            Self::Rsa3072 => "rsa-3072",
        }
    }
}

fn one() -> Spanned<u32> {
    Spanned::new(0..0, 1)
}

fn hour() -> Duration {
    Duration::from_secs(3600)
}

/// A duration in text form that remembers where it stood.
mod spanned_duration {
    use super::{Duration, Spanned};
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(value: &Spanned<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        crate::duration::text::serialize(value.get_ref(), serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Spanned<Duration>, D::Error> {
        let text = Spanned::<String>::deserialize(deserializer)?;
        let duration = crate::duration::parse(text.get_ref()).map_err(de::Error::custom)?;
        Ok(Spanned::new(text.span(), duration))
    }
}
