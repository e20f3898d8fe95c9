//! Holds a certificate to be signed against every rule.

use super::IssuerFacts;
use super::examined::Examined;
use super::finding::{Finding, Rule, Verdict};
use super::rules;
use super::subject::Subject;
use crate::profile::SubjectKind;

/// A rule about certificates.
pub(super) struct CertificateRule {
    pub(super) rule: Rule,
    pub(super) check: fn(&Examined<'_>) -> Verdict,
}

impl CertificateRule {
    pub(super) const fn new(name: &'static str, citation: &'static str, check: fn(&Examined<'_>) -> Verdict) -> Self {
        Self { rule: Rule::new(name, citation), check }
    }
}

/// Bytes of a `TBSCertificate` that break no rule. Only [`certificate`] makes it.
#[derive(Clone, Copy, Debug)]
pub struct Linted<'a> {
    tbs_der: &'a [u8],
}

impl<'a> Linted<'a> {
    /// The bytes that were examined, which are the ones to sign.
    pub fn tbs_der(self) -> &'a [u8] {
        self.tbs_der
    }
}

/// Decodes the DER of a `TBSCertificate` of that kind and asks every rule. `issuer` is `None` for a root, which signs
/// itself.
///
/// # Errors
/// Everything that is wrong, in the order of the rules; for bytes that are no `TBSCertificate` that is the only finding.
pub fn certificate<'a>(
    tbs_der: &'a [u8],
    issuer: Option<&IssuerFacts>,
    kind: SubjectKind,
) -> Result<Linted<'a>, Vec<Finding>> {
    let subject = Subject::new(kind, issuer).map_err(|finding| vec![finding])?;
    let examined = Examined::decode(tbs_der, subject).map_err(|finding| vec![finding])?;
    let findings: Vec<Finding> = rules::CERTIFICATE
        .iter()
        .filter_map(|CertificateRule { rule, check }| check(&examined).err().map(|detail| rule.finding(detail)))
        .collect();
    if findings.is_empty() { Ok(Linted { tbs_der }) } else { Err(findings) }
}
