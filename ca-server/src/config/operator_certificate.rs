//! `[[operator_certificate]]`.

use serde::Deserialize;

use super::error::ConfigError;
use super::key::Place;
use super::{Named, slug};

/// One `[[operator_certificate]]` as written: whose client certificates let whom in at `mtls_listen`. The first that fits
/// decides.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorCertificateConfig {
    /// What the rule is called in the log.
    /// Example: `"staff"`
    pub name: String,
    /// Who must have issued the certificate: an `[[authority]]`, or the subject of another CA as text (RFC 4514).
    /// Example: `"issuing"`
    pub issuer: String,
    /// What one of its subject alternative names must be: `email:`, `uri:` or `dns:` and the value, in which one `*` stands
    /// for anything.
    /// Example: `"email:*@example.org"`
    pub san: String,
    /// The operator who is let in. Either this or `roles`.
    /// Example: `"ann"`
    pub operator: Option<String>,
    /// Or: whoever has such a certificate is an operator with these roles, named after the alternative name.
    /// Example: `["auditor"]`
    pub roles: Option<Vec<String>>,
}

/// A checked `[[operator_certificate]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorCertificateRule {
    /// Unique among rules.
    pub name: String,
    /// Who must have issued it.
    pub issuer: CertificateIssuer,
    /// What it must name.
    pub san: NamePattern,
    /// Whom it lets in.
    pub holder: Holder,
}

/// Who issues the certificates of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateIssuer {
    /// An authority of ours, by name: what it issued is looked up, and a revoked certificate lets nobody in.
    Authority(String),
    /// Another CA below the configured roots, by its subject.
    Subject(String),
}

/// Whom a certificate lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The operator of that name.
    Operator(String),
    /// An operator named after the certificate, with these roles.
    Roles(Vec<String>),
}

/// A kind of name and what its value looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    kind: String,
    before: String,
    /// After the `*`, if there is one.
    after: Option<String>,
}

impl NamePattern {
    /// Whether a name of that kind and value fits.
    pub fn fits(&self, kind: &str, value: &str) -> bool {
        let value = value.to_ascii_lowercase();
        self.kind == kind
            && match &self.after {
                None => value == self.before,
                Some(after) => {
                    value.len() > self.before.len() + after.len()
                        && value.starts_with(&self.before)
                        && value.ends_with(after.as_str())
                }
            }
    }

    fn parse(text: &str, at: &Place<'_>) -> Result<Self, ConfigError> {
        let fault =
            || at.refuse(format!("`{text}` is not `email:`, `uri:` or `dns:` and a value with at most one `*`"));
        let (kind, value) = text.split_once(':').ok_or_else(fault)?;
        let value = value.to_ascii_lowercase();
        let (before, after) = match value.split_once('*') {
            Some((_, after)) if after.contains('*') => return Err(fault()),
            Some((before, after)) => (before, Some(after.to_owned())),
            None => (value.as_str(), None),
        };
        if !["email", "uri", "dns"].contains(&kind) || value.is_empty() {
            return Err(fault());
        }
        if value == "*" {
            return Err(
                at.refuse("this would let every certificate of the issuer in; name at least a part of the value")
            );
        }
        Ok(Self { kind: kind.to_owned(), before: before.to_owned(), after })
    }
}

impl Named for OperatorCertificateRule {
    fn name(&self) -> &str {
        &self.name
    }
}

impl OperatorCertificateConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<OperatorCertificateRule, ConfigError> {
        let holder = match (self.operator, self.roles) {
            (Some(operator), None) => Holder::Operator(operator),
            (None, Some(roles)) => {
                slug::check_roles(&roles, &at.key("roles"))?;
                Holder::Roles(roles)
            }
            (Some(_), Some(_)) => return Err(at.key("roles").refuse("`operator` is given too: keep one of them")),
            (None, None) => return Err(at.key("operator").refuse("either this key or `roles` is needed")),
        };
        let subject = self.issuer.contains('=');
        Ok(OperatorCertificateRule {
            name: slug::check(self.name, &at.key("name"))?,
            issuer: match subject {
                true => CertificateIssuer::Subject(self.issuer),
                false => CertificateIssuer::Authority(self.issuer),
            },
            san: NamePattern::parse(&self.san, &at.key("san"))?,
            holder,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use super::*;
    use crate::config::source::Source;

    fn pattern(text: &str) -> Result<NamePattern, String> {
        let source = Source::from_text(Path::new("/etc/signet.toml"), "");
        NamePattern::parse(text, &Place::root(&source)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_pattern_fits_the_whole_value() {
        let staff = pattern("email:*@Example.org").unwrap();
        assert!(staff.fits("email", "ann@example.org") && staff.fits("email", "Ann@EXAMPLE.org"));
        for (kind, value) in [
            ("email", "@example.org"),
            ("email", "ann@example.org.evil.example"),
            ("dns", "ann@example.org"),
            ("email", "ann@other.example"),
        ] {
            assert!(!staff.fits(kind, value), "{kind} {value}");
        }
        let exact = pattern("uri:spiffe://example.org/ann").unwrap();
        assert!(exact.fits("uri", "spiffe://example.org/ann") && !exact.fits("uri", "spiffe://example.org/anna"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for bad in ["", "ann@example.org", "ip:10.0.0.1", "email:", "email:*", "dns:*.*"] {
            assert!(pattern(bad).is_err(), "{bad}");
        }
    }
}
