//! Holds a certificate to be signed against every rule.

use super::examined::Examined;
use super::finding::{Findings, Rule, Verdict};
use super::rules;
use super::subject::Subject;

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
#[must_use = "bytes are examined in order to sign them"]
pub struct Linted<'a> {
    tbs_der: &'a [u8],
}

impl<'a> Linted<'a> {
    /// The bytes that were examined, which are the ones to sign.
    pub fn tbs_der(self) -> &'a [u8] {
        self.tbs_der
    }
}

/// Decodes the DER of a `TBSCertificate` and asks every rule.
///
/// # Errors
/// [`Findings`] with everything that is wrong; for bytes that are no `TBSCertificate` that is the only finding.
pub fn certificate<'a>(tbs_der: &'a [u8], subject: Subject<'_>) -> Result<Linted<'a>, Findings> {
    let examined = Examined::decode(tbs_der, subject)?;
    let broken = rules::CERTIFICATE
        .iter()
        .filter_map(|CertificateRule { rule, check }| check(&examined).err().map(|detail| rule.finding(detail)));
    Findings::none_of(broken.collect())?;
    Ok(Linted { tbs_der })
}
