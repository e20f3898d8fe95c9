//! CIs at which anybody may have jobs, and by which claims of their tokens the owner of a job is known there.

use std::collections::BTreeMap;

/// A CI that is everybody's, by the `iss` of its tokens.
struct PublicIssuer {
    issuer: &'static str,
    owners: &'static [OwnerClaim],
}

/// A claim that says whose a job is. `job_workflow_ref` and its like are none: anybody may call a workflow of others.
struct OwnerClaim {
    name: &'static str,
    /// What stands in front of the owner.
    before: &'static str,
    /// What ends the owner; nothing where the whole claim names one.
    after: Option<char>,
}

const fn whole(name: &'static str) -> OwnerClaim {
    OwnerClaim { name, before: "", after: None }
}

const fn part(name: &'static str, before: &'static str, after: char) -> OwnerClaim {
    OwnerClaim { name, before, after: Some(after) }
}

/// Issuers that are one organization's, such as `https://oidc.circleci.com/org/ID`, are not here.
const PUBLIC: [PublicIssuer; 3] = [
    PublicIssuer {
        issuer: "https://token.actions.githubusercontent.com",
        owners: &[
            whole("repository_owner_id"),
            whole("repository_id"),
            whole("repository_owner"),
            part("repository", "", '/'),
            part("workflow_ref", "", '/'),
            whole("enterprise_id"),
            whole("enterprise"),
            // Its form is the repository's choice, its values are not.
            part("sub", "repo:", '/'),
            part("sub", "repository_owner:", ':'),
            part("sub", "repository_owner_id:", ':'),
            part("sub", "repository_id:", ':'),
        ],
    },
    PublicIssuer {
        issuer: "https://gitlab.com",
        owners: &[
            whole("namespace_id"),
            whole("project_id"),
            part("namespace_path", "", '/'),
            part("project_path", "", '/'),
            part("sub", "project_path:", '/'),
        ],
    },
    PublicIssuer {
        issuer: "https://agent.buildkite.com",
        owners: &[
            whole("organization_id"),
            whole("pipeline_id"),
            whole("organization_slug"),
            part("sub", "organization:", ':'),
        ],
    },
];

fn owners(issuer: &str) -> Option<&'static [OwnerClaim]> {
    PUBLIC.iter().find(|public| public.issuer == issuer).map(|public| public.owners)
}

/// Whether anybody may have jobs at this CI.
pub(super) fn is_public(issuer: &str) -> bool {
    owners(issuer).is_some()
}

/// The claims of which a rule for this CI has to name one so far that an owner is fixed, if these patterns fix none.
pub(super) fn missing_owner(issuer: &str, patterns: &BTreeMap<String, String>) -> Option<Vec<&'static str>> {
    let owners = owners(issuer)?;
    let fixed =
        |claim: &OwnerClaim| patterns.get(claim.name).is_some_and(|pattern| claim.of_pattern(pattern).is_some());
    if owners.iter().any(fixed) {
        return None;
    }
    let mut names: Vec<&str> = owners.iter().map(|claim| claim.name).collect();
    names.dedup();
    Some(names)
}

/// Whether a token of this CI is of the owner that these patterns are about. At a CI of one's own everybody is.
pub(super) fn shares_owner(
    issuer: &str,
    patterns: &BTreeMap<String, String>,
    claims: &BTreeMap<String, String>,
) -> bool {
    let Some(owners) = owners(issuer) else { return true };
    let same = |claim: &OwnerClaim| {
        let wanted = patterns.get(claim.name).and_then(|pattern| claim.of_pattern(pattern));
        wanted.is_some() && wanted == claims.get(claim.name).and_then(|text| claim.owner(text, true))
    };
    owners.iter().any(same)
}

impl OwnerClaim {
    /// The beginning of a pattern up to the owner's end; nothing when its stars leave the owner open.
    fn of_pattern<'a>(&self, pattern: &'a str) -> Option<&'a str> {
        let literal = pattern.split('*').next().unwrap_or_default();
        self.owner(literal, literal.len() == pattern.len())
    }

    fn owner<'a>(&self, text: &'a str, is_whole: bool) -> Option<&'a str> {
        let Some(after) = self.after else { return is_whole.then_some(text) };
        let name = text.strip_prefix(self.before)?;
        match name.find(after) {
            Some(0) => None,
            Some(end) => text.get(..self.before.len() + end),
            None => (is_whole && !name.is_empty()).then_some(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: &str = "https://token.actions.githubusercontent.com";

    fn claims(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_pattern_fixes_an_owner_or_leaves_it_open() {
        let fixed =
            |issuer: &str, claim: &str, pattern: &str| missing_owner(issuer, &claims(&[(claim, pattern)])).is_none();
        for (claim, pattern) in [
            ("repository_owner_id", "9"),
            ("repository_id", "123"),
            ("repository_owner", "acme"),
            ("repository", "acme/*"),
            ("repository", "acme/app"),
            ("workflow_ref", "acme/app/.github/workflows/*"),
            ("sub", "repo:acme/app:*"),
            ("sub", "repo:acme/*"),
            ("sub", "repository_owner:acme:*"),
            ("enterprise", "acme"),
        ] {
            assert!(fixed(GITHUB, claim, pattern), "{claim} {pattern}");
        }
        for (claim, pattern) in [
            ("repository_owner_id", "9*"),
            ("repository_owner", "acme*"),
            ("repository", "a*"),
            ("repository", "*/app"),
            ("repository", "/*"),
            ("sub", "repo:*"),
            ("sub", "repo:acme*"),
            ("sub", "*acme/app*"),
            ("sub", "environment:production"),
            ("job_workflow_ref", "acme/flows/.github/workflows/sign.yml@refs/heads/main"),
            ("ref", "refs/tags/v1"),
            ("actor", "ann"),
        ] {
            assert!(!fixed(GITHUB, claim, pattern), "{claim} {pattern}");
        }
        assert!(
            fixed("https://gitlab.com", "namespace_path", "acme/*") && fixed("https://gitlab.com", "project_id", "7")
        );
        assert!(fixed("https://gitlab.com", "sub", "project_path:acme/app:*"));
        assert!(!fixed("https://gitlab.com", "namespace_path", "acme*"));
        assert!(!fixed("https://gitlab.com", "ref_protected", "true"));
        assert!(fixed("https://agent.buildkite.com", "sub", "organization:acme:*"));
        assert!(!fixed("https://agent.buildkite.com", "build_branch", "main"));
        assert!(fixed("https://ci.example.org", "ref", "refs/tags/*"), "a CI of one's own has one owner");
    }

    #[test]
    fn an_owner_is_shared_or_not() {
        let rule = claims(&[("repository", "acme/app"), ("repository_owner_id", "9"), ("ref", "refs/tags/*")]);
        let shares = |pairs: &[(&str, &str)]| shares_owner(GITHUB, &rule, &claims(pairs));
        assert!(shares(&[("repository", "acme/other")]) && shares(&[("repository_owner_id", "9")]));
        for other in
            [("repository", "acme2/app"), ("repository", "ac"), ("repository_owner_id", "99"), ("ref", "refs/tags/v1")]
        {
            assert!(!shares(&[other]), "{other:?}");
        }
        assert!(shares_owner("https://ci.example.org", &rule, &claims(&[])));
    }
}
