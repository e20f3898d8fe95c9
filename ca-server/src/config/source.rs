//! The text of the file, and the way from a key or a parser's complaint to a line of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::key::{Key, nearest};

#[derive(Clone, Debug)]
pub(super) struct Source {
    file: PathBuf,
    text: String,
}

impl Source {
    pub(super) fn read(file: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { file: file.to_owned(), source };
        let text = fs::read_to_string(file).map_err(unreadable)?;
        Ok(Self { file: std::path::absolute(file).map_err(unreadable)?, text })
    }

    #[cfg(test)]
    pub(super) fn from_text(file: &Path, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.to_owned() }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn directory(&self) -> PathBuf {
        self.file.parent().map(Path::to_owned).unwrap_or_default()
    }

    pub(super) fn parse<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        toml::from_str(&self.text).map_err(|error| self.explain(&error))
    }

    /// The refusal of `key`, at its line or that of the nearest table around it.
    pub(super) fn refuse(&self, key: &Key, message: String) -> ConfigError {
        let (tree, _) = DeTable::parse_recoverable(&self.text);
        ConfigError::Refused {
            file: self.file.clone(),
            line: self.line(offset_of(tree.get_ref(), key).unwrap_or_default()),
            key: Some(key.to_string()),
            message,
        }
    }

    fn explain(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or_default();
        let offset = span.start;
        let (tree, _) = DeTable::parse_recoverable(&self.text);
        let mut key = key_at(tree.get_ref(), offset, &Key::default());
        let message = match Complaint::of(error.message()) {
            Complaint::UnknownKey { known } => {
                unknown_key(key.as_ref().and_then(Key::last).unwrap_or_default(), &known)
            }
            Complaint::MissingKey { name } => {
                key = Some(key.unwrap_or_default().join(name));
                "this key is required".to_owned()
            }
            // The parser keeps the first of the two, so the tree does not lead here.
            Complaint::Other("duplicate key") => {
                key = self.text.get(span).map(|name| Key::default().join(name));
                "this key is here a second time".to_owned()
            }
            Complaint::Other(message) => message.lines().collect::<Vec<_>>().join("; "),
        };
        let key = key.map(|key| key.to_string());
        ConfigError::Refused { file: self.file.clone(), line: self.line(offset), key, message }
    }

    fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// What serde's derived deserializers say, taken apart: their words are the only place where the known keys stand.
enum Complaint<'a> {
    UnknownKey { known: Vec<&'a str> },
    MissingKey { name: &'a str },
    Other(&'a str),
}

impl<'a> Complaint<'a> {
    fn of(message: &'a str) -> Self {
        let mut quoted = message.split('`').skip(1).step_by(2);
        if message.starts_with("unknown field") {
            Self::UnknownKey { known: quoted.skip(1).collect() }
        } else if let (true, Some(name)) = (message.starts_with("missing field"), quoted.next()) {
            Self::MissingKey { name }
        } else {
            Self::Other(message)
        }
    }
}

fn unknown_key(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("there is no such key; did you mean `{near}`?"),
        None => format!("there is no such key; known here: {}", known.join(", ")),
    }
}

/// Where `key` stands, or its deepest ancestor that is in the file.
fn offset_of(table: &DeTable<'_>, key: &Key) -> Option<usize> {
    let (name, rest) = key.split_name()?;
    let (written, value) = table.iter().find(|(written, _)| written.get_ref().as_ref() == name)?;
    offset_in(value.get_ref(), &rest).or(Some(written.span().start))
}

fn offset_in(value: &DeValue<'_>, rest: &Key) -> Option<usize> {
    match value {
        DeValue::Table(table) => offset_of(table, rest),
        DeValue::Array(entries) => {
            let (index, rest) = rest.split_index()?;
            let entry = entries.get(index)?;
            offset_in(entry.get_ref(), &rest).or(Some(entry.span().start))
        }
        _ => None,
    }
}

/// The innermost key whose name or value stands at `offset`.
fn key_at(table: &DeTable<'_>, offset: usize, above: &Key) -> Option<Key> {
    table.iter().find_map(|(name, value)| {
        let key = above.join(name.get_ref());
        let here = name.span().contains(&offset) || value.span().contains(&offset);
        key_in(value.get_ref(), offset, &key).or(here.then_some(key))
    })
}

fn key_in(value: &DeValue<'_>, offset: usize, key: &Key) -> Option<Key> {
    match value {
        DeValue::Table(table) => key_at(table, offset, key),
        DeValue::Array(entries) => entries.iter().enumerate().find_map(|(index, entry)| {
            let key = key.at(index);
            let here = entry.span().contains(&offset);
            key_in(entry.get_ref(), offset, &key).or(here.then_some(key))
        }),
        _ => None,
    }
}
