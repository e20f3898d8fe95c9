//! Faults in a profile file, with file, key and line.

use std::ops::Range;

/// Why a profile was refused: enough to open the file at the right place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {key}: {reason}")]
pub struct ProfileError {
    /// The file as it was named to us.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Dotted key, or `profile` when the fault is not at one key.
    pub key: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

/// A fault found by validation, before the file's name is known.
#[derive(Debug)]
pub(crate) struct Fault {
    key: &'static str,
    span: Range<usize>,
    reason: String,
}

impl Fault {
    pub(crate) fn at(key: &'static str, span: Range<usize>, reason: impl Into<String>) -> Self {
        Self { key, span, reason: reason.into() }
    }

    pub(crate) fn locate(self, file: &str, text: &str) -> ProfileError {
        ProfileError {
            file: file.to_owned(),
            line: line_of(text, self.span.start),
            key: self.key.to_owned(),
            reason: self.reason,
        }
    }
}

impl ProfileError {
    pub(crate) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or_default();
        let key = text.get(span.clone()).map(|found| found.trim().lines().next().unwrap_or_default().to_owned());
        Self {
            file: file.to_owned(),
            line: line_of(text, span.start),
            key: key.filter(|found| !found.is_empty()).unwrap_or_else(|| "profile".to_owned()),
            reason: error.message().to_owned(),
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
