//! Where a build runs, by the variables of its CI. It is what people read beside the digest; who asks is proved by the
//! token.

use serde::Serialize;

/// Everything is what the CI says and nothing is required.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Provenance {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) workflow: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_url: Option<String>,
}

/// Looks a variable up; an empty one is none.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Provenance {
    /// From GitHub's or GitLab's variables; empty elsewhere.
    pub(crate) fn from_variables(variable: Variables<'_>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if set("GITHUB_ACTIONS").is_some() { github(&set) } else { gitlab(&set) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// One line for the request's reason: `acme/app refs/tags/v1.2 (0123456789ab)`.
    pub(crate) fn reason(&self) -> Option<String> {
        let commit = self.commit.as_ref().map(|commit| format!("({})", commit.chars().take(12).collect::<String>()));
        let parts: Vec<String> =
            [self.repository.clone(), self.reference.clone(), commit].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

fn github(variable: Variables<'_>) -> Provenance {
    let run_url = || {
        let (server, repository) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
        let run = variable("GITHUB_RUN_ID")?;
        let attempt = variable("GITHUB_RUN_ATTEMPT").map(|number| format!("/attempts/{number}")).unwrap_or_default();
        Some(format!("{server}/{repository}/actions/runs/{run}{attempt}"))
    };
    Provenance {
        repository: variable("GITHUB_REPOSITORY"),
        commit: variable("GITHUB_SHA"),
        reference: variable("GITHUB_REF"),
        workflow: variable("GITHUB_WORKFLOW"),
        run_url: run_url(),
    }
}

fn gitlab(variable: Variables<'_>) -> Provenance {
    let tag = variable("CI_COMMIT_TAG").map(|tag| format!("refs/tags/{tag}"));
    let branch = || variable("CI_COMMIT_BRANCH").map(|branch| format!("refs/heads/{branch}"));
    Provenance {
        repository: variable("CI_PROJECT_PATH"),
        commit: variable("CI_COMMIT_SHA"),
        reference: tag.or_else(branch),
        workflow: variable("CI_JOB_NAME"),
        run_url: variable("CI_JOB_URL").or_else(|| variable("CI_PIPELINE_URL")),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Provenance {
        Provenance::from_variables(&|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn github_says_where_a_run_is_seen() {
        let provenance = from(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "acme/app"),
            ("GITHUB_RUN_ID", "7"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_SHA", "0123456789abcdef"),
            ("GITHUB_REF", "refs/tags/v1.2"),
            ("GITHUB_WORKFLOW", "release"),
        ]);
        assert_eq!(provenance.reason().as_deref(), Some("acme/app refs/tags/v1.2 (0123456789ab)"));
        insta::assert_snapshot!(serde_json::to_string(&provenance).unwrap(), @r#"{"repository":"acme/app","commit":"0123456789abcdef","ref":"refs/tags/v1.2","workflow":"release","run_url":"https://github.com/acme/app/actions/runs/7/attempts/2"}"#);
    }

    #[test]
    fn gitlab_says_where_a_job_is_seen() {
        let provenance = from(&[
            ("CI_PROJECT_PATH", "acme/app"),
            ("CI_COMMIT_SHA", "0123456789abcdef"),
            ("CI_COMMIT_TAG", ""),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_JOB_NAME", "sign"),
            ("CI_JOB_URL", "https://gitlab.example.org/acme/app/-/jobs/9"),
        ]);
        insta::assert_snapshot!(serde_json::to_string(&provenance).unwrap(), @r#"{"repository":"acme/app","commit":"0123456789abcdef","ref":"refs/heads/main","workflow":"sign","run_url":"https://gitlab.example.org/acme/app/-/jobs/9"}"#);
    }

    #[test]
    fn elsewhere_nothing_is_claimed() {
        assert!(from(&[("HOME", "/root")]).is_empty());
        assert_eq!(from(&[]).reason(), None);
    }
}
