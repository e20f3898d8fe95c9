//! Policy text as an operator writes it, and what is wrong with it by file and line.

use std::fmt;

use cedar_policy::ffi::DetailedError;

/// One file of policies.
#[derive(Clone, Debug)]
pub struct PolicySource {
    /// Name for messages, usually the file's.
    pub file: String,
    /// Cedar text.
    pub text: String,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Name of the file.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong, with advice if Cedar has any.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// A policy set that must not be used.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidPolicySet(pub(super) Vec<Fault>);

impl InvalidPolicySet {
    /// Every fault found; at least one.
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }
}

impl fmt::Display for InvalidPolicySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.0.iter().map(Fault::to_string).collect();
        f.write_str(&faults.join("\n"))
    }
}

impl std::error::Error for InvalidPolicySet {}

impl PolicySource {
    /// A fault at an offset in bytes.
    pub(super) fn fault_at(&self, offset: usize, message: impl Into<String>) -> Fault {
        let before = self.text.as_bytes().iter().take(offset);
        let line = 1 + before.filter(|octet| **octet == b'\n').count();
        Fault { file: self.file.clone(), line, message: message.into() }
    }

    /// Cedar's complaint, placed where its first label points, else at `fallback`.
    pub(super) fn faults_of(&self, error: &DetailedError, fallback: usize) -> Vec<Fault> {
        let offset = error.source_locations.first().map_or(fallback, |label| label.loc.start);
        let advice = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        let first = self.fault_at(offset, format!("{}{advice}", error.message));
        let related = error.related.iter().flat_map(|related| self.faults_of(related, fallback));
        std::iter::once(first).chain(related).collect()
    }
}
