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
