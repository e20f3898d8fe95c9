//! `SigningProfileConfig`: a signing profile as an administrator writes it in `policies/signing/NAME.toml`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::hsm::{DigestAlgorithm, KeySpec};
use crate::signing::Format;

/// What the signatures of a profile are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Rehearsals.
    Test,
    /// What customers run.
    Release,
}

impl Environment {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Release => "release",
        }
    }
}

/// The whole file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SigningProfileConfig {
    /// A few words for people.
    pub label: Spanned<String>,
    /// What the signatures are for.
    pub environment: Environment,
    /// Kinds of signature that may be asked for.
    pub formats: Spanned<Vec<Format>>,
    /// Hash functions of the digests.
    pub digests: Spanned<Vec<DigestAlgorithm>>,
    /// The key that signs.
    pub key: KeyConfig,
    /// Whose name is in the signatures.
    #[serde(default)]
    pub certificate: CertificateConfig,
    /// When they were made, by a clock that others trust.
    #[serde(default)]
    pub timestamp: TimestampConfig,
    /// Who may ask; any of them is enough.
    #[serde(default)]
    pub trust: Vec<Spanned<TrustConfig>>,
    /// Who must agree before something is signed.
    #[serde(default)]
    pub approval: ApprovalConfig,
    /// How much, when and from where.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// How long requests stand, and whether they are used again.
    #[serde(default)]
    pub request: RequestConfig,
}

/// `[key]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// Name of the HSM that makes and keeps it; that of the issuer when absent.
    #[serde(default)]
    pub hsm: Option<String>,
    /// Its type.
    pub algorithm: Spanned<KeySpec>,
}

/// How long a certificate serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateMode {
    /// One for all requests, renewed before it ends.
    #[default]
    Static,
    /// A new one for each request: revoking it withdraws exactly that release.
    PerRequest,
}

/// `[certificate]`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateConfig {
    /// How long one serves.
    #[serde(default)]
    pub mode: CertificateMode,
    /// Name of the authority that issues it; the first one that issues when absent.
    #[serde(default)]
    pub issuer: Option<String>,
    /// Name of the certificate profile (default `code-signing`).
    #[serde(default)]
    pub profile: Option<String>,
    /// How long it lives, such as `24h`; the certificate profile's default when absent, 24 hours for `per-request`.
    #[serde(default)]
    pub validity: Option<Spanned<String>>,
    /// An extended key usage of the project besides codeSigning, as dotted object identifier.
    #[serde(default)]
    pub project_eku: Option<Spanned<String>>,
}

/// `[timestamp]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampConfig {
    /// Whether nothing is released without one (default true).
    #[serde(default = "yes")]
    pub required: bool,
    /// Authorities of others, asked in this order when our own cannot stamp.
    #[serde(default = "nothing")]
    pub external: Spanned<Vec<String>>,
}

impl Default for TimestampConfig {
    fn default() -> Self {
        Self { required: true, external: nothing() }
    }
}

/// One `[[trust]]`: the job of a CI, a machine with a client certificate, or API tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrustConfig {
    /// What refusals call the rule.
    #[serde(default)]
    pub name: Option<String>,
    /// Who issues the tokens of the CI: the `iss` of its OIDC tokens.
    #[serde(default)]
    pub issuer: Option<String>,
    /// For whom they must be; this server's public URL when absent.
    #[serde(default)]
    pub audience: Option<String>,
    /// What the token must claim; `*` stands for anything.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// PEM of the roots that the CI's own TLS leads to; the system's when absent.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The CI's public keys (JWK set), for a CI that this server cannot reach.
    #[serde(default)]
    pub jwks_file: Option<PathBuf>,
    /// Whether API tokens with the scope `signing` may ask.
    #[serde(default)]
    pub api_tokens: bool,
    /// A machine with a client certificate.
    #[serde(default)]
    pub mtls: Option<MtlsConfig>,
}

/// `mtls` of a `[[trust]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MtlsConfig {
    /// Name of the authority that issued the certificate.
    pub issuer: String,
    /// Its alternative name, such as `uri:spiffe://example.org/ci`; `*` stands for anything.
    pub san: String,
}

/// `[approval]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalConfig {
    /// One after the other; none when nobody has to agree.
    #[serde(default = "nothing")]
    pub stages: Spanned<Vec<StageConfig>>,
}

impl Default for ApprovalConfig {
    fn default() -> Self {
        Self { stages: nothing() }
    }
}

/// One stage: so many people of a group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StageConfig {
    /// The role that they hold.
    pub group: String,
    /// How many of them.
    pub required: u32,
}

/// `[limits]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Artifacts in one request.
    #[serde(default = "items")]
    pub items: Spanned<usize>,
    /// Requests within an hour.
    #[serde(default = "requests_per_hour")]
    pub requests_per_hour: u32,
    /// Signatures within 24 hours.
    #[serde(default = "signatures_per_day")]
    pub signatures_per_day: u64,
    /// When requests are taken, in UTC, such as `Mon-Fri 08:00-18:00`; always when absent.
    #[serde(default)]
    pub hours: Option<Spanned<String>>,
    /// Networks that requests are taken from; all when empty.
    #[serde(default)]
    pub sources: Vec<ipnet::IpNet>,
    /// Nothing is taken and nothing is signed while this is true.
    #[serde(default)]
    pub frozen: bool,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            items: items(),
            requests_per_hour: requests_per_hour(),
            signatures_per_day: signatures_per_day(),
            hours: None,
            sources: Vec::new(),
            frozen: false,
        }
    }
}

/// `[request]`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RequestConfig {
    /// How long a request stands undecided when it does not say so itself.
    #[serde(with = "crate::duration::text", default = "day")]
    pub expires: Duration,
    /// Whether the same digests asked for again by the same subject get the signatures that exist (default true).
    #[serde(default = "yes")]
    pub reuse: bool,
}

impl Default for RequestConfig {
    fn default() -> Self {
        Self { expires: day(), reuse: true }
    }
}

fn nothing<T>() -> Spanned<Vec<T>> {
    Spanned::new(0..0, Vec::new())
}

fn yes() -> bool {
    true
}

fn items() -> Spanned<usize> {
    Spanned::new(0..0, crate::signing::MOST_ITEMS)
}

fn requests_per_hour() -> u32 {
    60
}

fn signatures_per_day() -> u64 {
    100_000
}

fn day() -> Duration {
    Duration::from_secs(86_400)
}
