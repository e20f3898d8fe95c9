//! A rule, and what it found.

use std::fmt;

/// Name and citation of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Short name in lower case with hyphens.
    pub name: &'static str,
    /// The text that demands it.
    pub citation: &'static str,
}

/// What a check answers: nothing, or what is wrong in one sentence.
pub(super) type Verdict = Result<(), String>;

impl Rule {
    pub(super) const fn new(name: &'static str, citation: &'static str) -> Self {
        Self { name, citation }
    }

    pub(super) fn finding(self, detail: String) -> Finding {
        Finding { rule: self, detail }
    }
}

/// One rule that is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What is wrong.
    pub detail: String,
}

/// `serial-number: the serial number is negative (RFC 5280 §4.1.2.2)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.rule.name, self.detail, self.rule.citation)
    }
}

/// Everything that is wrong with bytes that were to be signed; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn none_of(findings: Vec<Finding>) -> Result<(), Self> {
        if findings.is_empty() { Ok(()) } else { Err(Self(findings)) }
    }

    /// The findings in the order of the rules.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.0.iter()
    }
}

impl From<Finding> for Findings {
    fn from(finding: Finding) -> Self {
        Self(vec![finding])
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(Finding::to_string).collect();
        write!(f, "not signed, because it breaks the standards: {}", texts.join("; "))
    }
}

impl std::error::Error for Findings {}
