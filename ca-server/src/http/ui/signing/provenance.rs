//! Where a signing request comes from: what the CI's token proves, and what whoever asked says besides.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use web_ui::signing::ProvenanceView;

use super::subject;
use crate::ops::signing::view::StoredSigningRequest;

/// The `iss` of GitHub's tokens.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// Findings of ours among the claims; what is a matter of the token alone.
const INTERNAL: &str = "signet:";

pub(super) fn of(row: &StoredSigningRequest) -> ProvenanceView {
    let known = Known { claims: &row.claims, said: &row.provenance };
    let repository = known.first(&["repository", "project_path"], "repository");
    let home = known.home(repository.as_deref());
    let commit = known.first(&["sha"], "commit");
    let run = known.first(&["run_id", "pipeline_id"], "run");
    ProvenanceView {
        credential: credential(row),
        commit_url: known.below(home.as_deref(), "commit", commit.as_deref()),
        run_url: known.run_url(home.as_deref()),
        run: run.map(|id| known.run(&id)).or_else(|| row.provenance.get("run_url").map(|_| "the run".to_owned())),
        reference: known.first(&["ref"], "ref"),
        workflow: known.first(&["job_workflow_ref", "workflow_ref", "workflow", "ci_config_ref_uri"], "workflow"),
        actor: known.first(&["actor", "user_login"], "actor"),
        address: None,
        claims: shown(&row.claims),
        repository_url: home,
        repository,
        commit,
    }
}

/// The claims that are worth a look.
pub(super) fn shown(claims: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let worth = claims.iter().filter(|(name, _)| !name.starts_with(INTERNAL));
    worth.map(|(name, text)| (name.clone(), text.clone())).collect()
}

/// What proved who asks.
fn credential(row: &StoredSigningRequest) -> String {
    let issuer = row.claims.get("iss").map(String::as_str);
    match (issuer, row.requester.split_once(':')) {
        (Some(GITHUB), _) => "a token of GitHub Actions".to_owned(),
        (Some(issuer), _) => match issuer.strip_prefix("mtls:") {
            Some(authority) => format!("a client certificate by {authority}"),
            None => format!("a token of {issuer}"),
        },
        (None, Some(("ApiToken", _))) => format!("an API token of {}", subject(&row.subject)),
        (None, _) => subject(&row.subject),
    }
}

/// Claims are verified; what was said is not, and counts where there is no claim.
struct Known<'a> {
    claims: &'a BTreeMap<String, String>,
    said: &'a BTreeMap<String, String>,
}

impl Known<'_> {
    fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).map(String::as_str)
    }

    fn first(&self, claims: &[&str], said: &str) -> Option<String> {
        let claimed = claims.iter().find_map(|name| self.claim(name));
        claimed.or_else(|| self.said.get(said).map(String::as_str)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn is_github(&self) -> bool {
        self.claim("iss") == Some(GITHUB)
    }

    fn is_gitlab(&self) -> bool {
        self.claim("project_path").is_some()
    }

    /// Where the repository is, from verified claims alone: a link that somebody else wrote leads anywhere.
    fn home(&self, repository: Option<&str>) -> Option<String> {
        let path = encoded(repository?);
        match self.claim("iss")? {
            GITHUB => Some(format!("https://github.com/{path}")),
            issuer if self.is_gitlab() && issuer.starts_with("https://") => {
                Some(format!("{}/{path}", issuer.trim_end_matches('/')))
            }
            _ => None,
        }
    }

    fn below(&self, home: Option<&str>, kind: &str, name: Option<&str>) -> Option<String> {
        let dash = if self.is_gitlab() { "/-" } else { "" };
        Some(format!("{}{dash}/{kind}/{}", home?, encoded(name?)))
    }

    fn run_url(&self, home: Option<&str>) -> Option<String> {
        match (self.claim("run_id"), self.claim("pipeline_id")) {
            (Some(run), _) if self.is_github() => self.below(home, "actions/runs", Some(run)),
            (_, Some(pipeline)) => self.below(home, "pipelines", Some(pipeline)),
            // The use case took http and https only.
            _ => self.said.get("run_url").filter(|url| !url.is_empty()).cloned(),
        }
    }

    fn run(&self, id: &str) -> String {
        match self.claim("run_attempt") {
            Some(attempt) => format!("run {id}, attempt {attempt}"),
            None => format!("run {id}"),
        }
    }
}

const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}
