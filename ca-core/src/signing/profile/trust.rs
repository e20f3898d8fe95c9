//! Who may ask under a profile: each rule is one Cedar policy, and explains itself where it does not fit.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::config::MtlsConfig;
use super::issuer;

/// The claim that says who issued a CI's token, or `mtls:` and the authority of a client certificate.
pub const ISSUER: &str = "iss";

/// The claim that says for whom a token is.
pub const AUDIENCE: &str = "aud";

/// The claim that holds the alternative name of a client certificate, such as `uri:spiffe://example.org/ci`.
pub const SAN: &str = "san";

/// The role that an API token asks for signatures by: its holder is one of those who may order things here.
pub const ASKING_ROLE: &str = "operator";

/// What stands in the place of a claim where an API token lacks [`ASKING_ROLE`].
pub const ROLE: &str = "role";

/// What stands in [`AUDIENCE`] of a rule that wants this server's public URL.
pub const OWN_AUDIENCE: &str = "signet:own-audience";

/// One rule of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRule {
    pub(super) name: String,
    pub(super) who: Trusted,
}

/// Whom a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trusted {
    /// A job of a CI whose token claims this.
    Ci(CiTrust),
    /// A machine with a client certificate.
    Mtls(MtlsConfig),
    /// API tokens with the scope `signing` and the role [`ASKING_ROLE`].
    ApiTokens,
}

/// A CI and what its tokens must claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CiTrust {
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The `aud`; this server's public URL when absent.
    pub audience: Option<String>,
    /// Patterns by claim.
    pub claims: BTreeMap<String, String>,
    /// Roots that its TLS leads to.
    pub ca_file: Option<PathBuf>,
    /// Its public keys.
    pub jwks_file: Option<PathBuf>,
}

/// One demand of a rule that was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmetClaim {
    /// The profile and the rule, as in `release/tags`.
    pub rule: String,
    /// Name of the claim, or [`ROLE`].
    pub claim: String,
    /// The pattern.
    pub expected: String,
    /// What was there; nothing when there is no such claim.
    pub got: Option<String>,
    /// Whether the pattern is not for whoever asks: at a CI of everybody, the rule is about another owner than theirs.
    pub is_confidential: bool,
}

impl TrustRule {
    /// What refusals call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whom it is about.
    pub fn who(&self) -> &Trusted {
        &self.who
    }

    /// What must be claimed: claim and pattern, the issuer first.
    fn demands(&self) -> Vec<(&str, String)> {
        match &self.who {
            Trusted::Ci(ci) => {
                let audience = match &ci.audience {
                    Some(audience) => (AUDIENCE, audience.clone()),
                    None => (OWN_AUDIENCE, "true".to_owned()),
                };
                let claims = ci.claims.iter().map(|(claim, pattern)| (claim.as_str(), pattern.clone()));
                [(ISSUER, ci.issuer.clone()), audience].into_iter().chain(claims).collect()
            }
            Trusted::Mtls(mtls) => vec![(ISSUER, format!("mtls:{}", mtls.issuer)), (SAN, mtls.san.clone())],
            Trusted::ApiTokens => Vec::new(),
        }
    }

    /// The Cedar policy that permits those whom the rule fits.
    pub(super) fn policy(&self, profile: &str) -> String {
        let principal = if self.who == Trusted::ApiTokens { "ApiToken" } else { "CiJob" };
        let mut text = format!(
            "@id(\"signing/{profile}/{name}\")\n\
             @reason(\"the trust rule {name} of the signing profile {profile}\")\n\
             permit (principal is Signet::{principal}, action == Signet::Action::\"SubmitSigning\", \
             resource == Signet::SigningProfile::\"{profile}\")",
            name = self.name,
        );
        let conditions: Vec<String> = match self.who {
            Trusted::ApiTokens => vec![format!("principal in Signet::Role::{}", quoted(ASKING_ROLE))],
            _ => self.demands().iter().map(|(claim, pattern)| condition(claim, pattern)).collect(),
        };
        // Writing to a String does not fail.
        let _ = write!(text, "\nwhen {{\n  {}\n}};\n", conditions.join(" &&\n  "));
        text
    }

    /// What an API token with these roles lacks for a rule about API tokens.
    pub(super) fn unmet_role(&self, profile: &str, roles: &[String]) -> Option<UnmetClaim> {
        let lacks = self.who == Trusted::ApiTokens && roles.iter().all(|role| role != ASKING_ROLE);
        lacks.then(|| UnmetClaim {
            rule: format!("{profile}/{}", self.name),
            claim: ROLE.to_owned(),
            expected: ASKING_ROLE.to_owned(),
            got: (!roles.is_empty()).then(|| roles.join(", ")),
            is_confidential: false,
        })
    }

    /// The demands that these claims do not meet; nothing for a rule about API tokens, which is met by what one is.
    pub(super) fn unmet(&self, profile: &str, claims: &BTreeMap<String, String>) -> Vec<UnmetClaim> {
        let is_confidential = !self.is_for(claims);
        let unmet = |(claim, pattern): (&str, String)| {
            let got = claims.get(claim).cloned();
            let met = got.as_ref().is_some_and(|got| fits(&pattern, got));
            let own = claim == OWN_AUDIENCE;
            (!met).then(|| UnmetClaim {
                rule: format!("{profile}/{}", self.name),
                claim: if own { AUDIENCE } else { claim }.to_owned(),
                expected: if own { "the public URL of this server".to_owned() } else { pattern },
                got: if own { claims.get(AUDIENCE).cloned() } else { got },
                is_confidential,
            })
        };
        let unmet: Vec<UnmetClaim> = self.demands().into_iter().filter_map(unmet).collect();
        // What else a token of another issuer claims is about something else.
        let strange = unmet.iter().any(|unmet| unmet.claim == ISSUER);
        if strange { unmet.into_iter().filter(|unmet| unmet.claim == ISSUER).collect() } else { unmet }
    }

    /// Whether whoever claims this may know the patterns: those who share the owner that the rule is about, and everybody at
    /// a CI, or with a certificate, of one's own.
    fn is_for(&self, claims: &BTreeMap<String, String>) -> bool {
        let from = claims.get(ISSUER).map(String::as_str).unwrap_or_default();
        match &self.who {
            _ if !issuer::is_public(from) => true,
            Trusted::Ci(ci) => ci.issuer == from && issuer::shares_owner(from, &ci.claims, claims),
            _ => false,
        }
    }
}

/// An unknown claim has no tag: the condition is false then, and permits nobody.
fn condition(claim: &str, pattern: &str) -> String {
    let (claim, comparison) = (quoted(claim), if pattern.contains('*') { "like" } else { "==" });
    format!("principal.hasTag({claim}) && principal.getTag({claim}) {comparison} {}", quoted(pattern))
}

/// A Cedar string. Patterns and names hold no control characters: the loader sees to that.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether a text is of a pattern in which each `*` stands for any characters, as Cedar's `like` has it.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(place) = rest.find(part) else { return false };
        rest = rest.get(place + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text) in
            [("a", "a"), ("a*", "a"), ("a*", "ab"), ("*b", "ab"), ("a*c*e", "abcde"), ("*", ""), ("a*a", "aa")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a*", "ba"), ("a*a", "a"), ("a*c*e", "ae"), ("", "a"), ("ab*b", "ab")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
