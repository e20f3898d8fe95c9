//! Holds a CRL to be signed against every rule, with one pass over its entries.

use super::IssuerFacts;
use super::entry::{Entries, Entry};
use super::finding::{Finding, Rule, Verdict};
use super::listed::Listed;
use super::rules;

/// A rule about a CRL as a whole.
pub(super) struct ListRule {
    pub(super) rule: Rule,
    pub(super) check: fn(&Listed<'_>) -> Verdict,
}

/// A rule about each entry of a CRL.
pub(super) struct EntryRule {
    pub(super) rule: Rule,
    pub(super) check: fn(&Entry<'_>, &Listed<'_>) -> Verdict,
}

impl ListRule {
    pub(super) const fn new(name: &'static str, citation: &'static str, check: fn(&Listed<'_>) -> Verdict) -> Self {
        Self { rule: Rule::new(name, citation), check }
    }
}

impl EntryRule {
    pub(super) const fn new(
        name: &'static str,
        citation: &'static str,
        check: fn(&Entry<'_>, &Listed<'_>) -> Verdict,
    ) -> Self {
        Self { rule: Rule::new(name, citation), check }
    }
}

/// Each serial is on the list once.
pub(super) const SERIALS_UNIQUE: Rule = Rule::new("entry-serials-unique", "RFC 5280 §5.1.2.6 and §5.3");

/// Entries with findings after which the rest is not looked at: one is enough to refuse.
const ENOUGH: usize = 10;

/// Bytes of a `TBSCertList` that break no rule. Only [`certificate_list`] makes it.
#[derive(Clone, Copy, Debug)]
pub struct LintedList<'a> {
    tbs_der: &'a [u8],
}

impl<'a> LintedList<'a> {
    /// The bytes that were examined, which are the ones to sign.
    pub fn tbs_der(self) -> &'a [u8] {
        self.tbs_der
    }
}

/// Decodes the DER of a `TBSCertList` and asks every rule. Entries are read where they stand; besides `tbs_der` it takes
/// 16 octets of memory an entry.
///
/// # Errors
/// Everything that is wrong; for bytes that are no `TBSCertList` that is the only finding, and after ten bad entries it
/// stops.
pub fn certificate_list<'a>(tbs_der: &'a [u8], issuer: &IssuerFacts) -> Result<LintedList<'a>, Vec<Finding>> {
    let listed = Listed::decode(tbs_der, issuer).map_err(|finding| vec![finding])?;
    let broken = rules::LIST
        .iter()
        .filter_map(|ListRule { rule, check }| check(&listed).err().map(|detail| rule.finding(detail)));
    let mut findings: Vec<Finding> = broken.collect();
    if let Some(entries) = listed.head.revoked_certificates {
        examine_entries(entries.as_bytes(), &listed, &mut findings);
    }
    if findings.is_empty() { Ok(LintedList { tbs_der }) } else { Err(findings) }
}

fn examine_entries(content: &[u8], listed: &Listed<'_>, findings: &mut Vec<Finding>) {
    let enough = findings.len() + ENOUGH;
    let mut serials = Vec::new();
    for entry in Entries::of(content) {
        match entry {
            Ok(entry) => {
                findings.extend(broken_by(&entry, listed));
                serials.push(entry.serial());
            }
            Err(finding) => findings.push(finding),
        }
        if findings.len() >= enough {
            return;
        }
    }
    findings.extend(repeated(serials).map(|serial| SERIALS_UNIQUE.finding(format!("{serial} is listed twice"))));
}

fn broken_by(entry: &Entry<'_>, listed: &Listed<'_>) -> Option<Finding> {
    rules::ENTRY.iter().find_map(|EntryRule { rule, check }| {
        let detail = check(entry, listed).err()?;
        Some(rule.finding(format!("serial {}: {detail}", hexadecimal(entry.serial()))))
    })
}

/// Sorting takes no memory of its own, and hardly any time where the list is in order already.
fn repeated(mut serials: Vec<&[u8]>) -> Option<String> {
    serials.sort_unstable();
    serials.array_windows().find(|[one, next]| one == next).map(|[one, _]| hexadecimal(one))
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
