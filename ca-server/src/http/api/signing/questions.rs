//! What callers send.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ops::signing::{Asked, AskedItem};

/// Signatures that are asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSigningRequest {
    /// Signing profile
    #[schema(example = "release")]
    profile: String,
    /// `raw`, `cms-detached`, `authenticode-pe` or `jar-sf`
    #[schema(example = "cms-detached")]
    format: String,
    /// Why
    #[serde(default)]
    #[schema(example = "v2.4.0", max_length = 2000)]
    reason: String,
    /// The artifacts, by their digests: 1 to 3000
    items: Vec<NewItem>,
    /// How long the request may stand, in seconds; the profile's time when absent
    #[schema(example = 86400, minimum = 60, maximum = 2_592_000)]
    expires_in: Option<u64>,
    /// Where the artifacts come from
    #[serde(default)]
    provenance: Provenance,
}

/// One artifact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewItem {
    /// What people call it, unique within the request
    #[schema(example = "app.exe", min_length = 1, max_length = 512)]
    name: String,
    /// `sha256`, `sha384` or `sha512`
    #[schema(example = "sha256")]
    alg: String,
    /// What the format takes the digest of, in hexadecimal
    #[schema(example = "6a9cf9e52744ca3f27e7fcdae316d942c35cfeb39bb7a7edb5f728ab29b31644")]
    digest: String,
    /// Octets of the file, for people
    #[schema(example = 14336)]
    size: Option<i64>,
    /// SHA-256 of the file, for people
    #[schema(example = "6a9cf9e52744ca3f27e7fcdae316d942c35cfeb39bb7a7edb5f728ab29b31644")]
    file_sha256: Option<String>,
}

/// Where artifacts come from, as whoever asks says. What the token of a CI claims is shown beside it, and is verified.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Provenance {
    /// Repository
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "example/app", max_length = 512)]
    repository: Option<String>,
    /// Commit
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "9fceb02d0ae598e95dc970b74767f19372d61af8", max_length = 512)]
    commit: Option<String>,
    /// Branch or tag
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(example = "refs/tags/v2.4.0", max_length = 512)]
    reference: Option<String>,
    /// Workflow
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "release.yml", max_length = 512)]
    workflow: Option<String>,
    /// Page of the run
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://ci.example.org/runs/7", max_length = 512)]
    run_url: Option<String>,
}

impl Provenance {
    fn pairs(self) -> BTreeMap<String, String> {
        let Self { repository, commit, reference, workflow, run_url } = self;
        let all = [
            ("repository", repository),
            ("commit", commit),
            ("ref", reference),
            ("workflow", workflow),
            ("run_url", run_url),
        ];
        let said = all.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
        said.filter(|(_, text)| !text.is_empty()).collect()
    }
}

impl From<&BTreeMap<String, String>> for Provenance {
    fn from(pairs: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| pairs.get(name).cloned();
        Self {
            repository: text("repository"),
            commit: text("commit"),
            reference: text("ref"),
            workflow: text("workflow"),
            run_url: text("run_url"),
        }
    }
}

impl From<NewSigningRequest> for Asked {
    fn from(new: NewSigningRequest) -> Self {
        let item = |item: NewItem| AskedItem {
            name: item.name,
            algorithm: item.alg,
            digest: item.digest,
            size: item.size,
            file_sha256: item.file_sha256,
        };
        Self {
            profile: new.profile,
            format: new.format,
            reason: new.reason,
            items: new.items.into_iter().map(item).collect(),
            expires_in: new.expires_in,
            provenance: new.provenance.pairs(),
        }
    }
}

/// What somebody decides.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// Yes
    Approve,
    /// No: it ends the request
    Reject,
    /// Yes of one security officer alone, in an emergency; everybody hears of it
    BreakGlass,
}

/// A decision about exactly one digest set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewDecision {
    /// Yes, no, or yes alone
    pub(super) decision: Verdict,
    /// `digest_set` of the request as it was looked at
    #[schema(example = "sha256:eef6b0ff67452308647128979238e62e75e145f23628d0b3cef9f2719a0b5508")]
    pub(super) digest_set: String,
    /// What there is to say; needed for `break-glass`
    #[serde(default)]
    #[schema(example = "looks right", max_length = 4000)]
    pub(super) comment: String,
}
