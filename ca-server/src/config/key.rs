//! Dotted keys, and places in the file where a value can be refused.

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::source::Source;

/// The way from the top of the file to a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Key(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Name(String),
    Index(usize),
}

impl Key {
    pub(super) fn join(&self, name: &str) -> Self {
        self.then(Step::Name(name.to_owned()))
    }

    pub(super) fn at(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    fn then(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    pub(super) fn last(&self) -> Option<&str> {
        match self.0.last()? {
            Step::Name(name) => Some(name),
            Step::Index(_) => None,
        }
    }

    pub(super) fn split_name(&self) -> Option<(&str, Self)> {
        match self.0.split_first()? {
            (Step::Name(name), rest) => Some((name, Self(rest.to_vec()))),
            (Step::Index(_), _) => None,
        }
    }

    pub(super) fn split_index(&self) -> Option<(usize, Self)> {
        match self.0.split_first()? {
            (Step::Index(index), rest) => Some((*index, Self(rest.to_vec()))),
            (Step::Name(_), _) => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Name(name) if position == 0 => write!(f, "{name}")?,
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A key of one file.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    source: &'a Source,
    key: Key,
}

impl<'a> Place<'a> {
    pub(super) fn root(source: &'a Source) -> Self {
        Self { source, key: Key::default() }
    }

    pub(super) fn key(&self, name: &str) -> Self {
        Self { source: self.source, key: self.key.join(name) }
    }

    pub(super) fn index(&self, index: usize) -> Self {
        Self { source: self.source, key: self.key.at(index) }
    }

    pub(super) fn refuse(&self, message: impl Into<String>) -> ConfigError {
        self.source.refuse(&self.key, message.into())
    }

    /// `path`, which if relative starts at the folder of the file.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        self.directory().join(path)
    }

    /// The folder of the file.
    pub(super) fn directory(&self) -> PathBuf {
        self.source.directory()
    }

    /// Parses `text` or refuses it here.
    pub(super) fn parse<T>(&self, text: &str, what: &str) -> Result<T, ConfigError>
    where
        T: std::str::FromStr,
        T::Err: fmt::Display,
    {
        text.parse().map_err(|error| self.refuse(format!("`{text}` is not {what}: {error}")))
    }

    pub(super) fn duration(&self, text: &str) -> Result<std::time::Duration, ConfigError> {
        ca_core::duration::parse(text).map_err(|error| self.refuse(error.to_string()))
    }

    /// Refuses `name` unless it is one of `known`.
    pub(super) fn require_known<'n>(
        &self,
        name: &str,
        kind: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) -> Result<(), ConfigError> {
        if known.clone().any(|other| other == name) {
            return Ok(());
        }
        let hint = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.collect::<Vec<_>>().join(", ")),
        };
        Err(self.refuse(format!("there is no {kind} named `{name}`; {hint}")))
    }
}

/// The candidate that differs from `name` by the fewest edits, if those are at most a third of its length.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tolerated = (name.chars().count() / 3).max(1);
    let (distance, candidate) = candidates.map(|candidate| (edits(name, candidate), candidate)).min()?;
    (distance <= tolerated).then_some(candidate)
}

/// Levenshtein distance, one row at a time.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, from) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (column, to) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_insertions_deletions_and_substitutions() {
        for (left, right, expected) in [("", "", 0), ("", "abc", 3), ("listen", "listen", 0), ("lisen", "listen", 1)] {
            assert_eq!(edits(left, right), expected, "{left} {right}");
            assert_eq!(edits(right, left), expected, "{right} {left}");
        }
        assert_eq!(edits("kitten", "sitting"), 3);
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        let known = ["listen", "status_listen", "names"];
        assert_eq!(nearest("lissten", known.into_iter()), Some("listen"));
        assert_eq!(nearest("colour", known.into_iter()), None);
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
