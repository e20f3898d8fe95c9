//! Why a configuration was refused, in words that lead to the line.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A `signet.toml` that cannot be used (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or not readable.
    #[error("cannot read {}", file.display())]
    Unreadable {
        /// The file as asked for.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A key or the syntax is wrong.
    #[error("{}:{line}: {}{message}", file.display(), Prefix(key))]
    Refused {
        /// The file as asked for.
        file: PathBuf,
        /// Counted from one.
        line: usize,
        /// The dotted key, `acme[0].validation.http_port` for instance; none for bare syntax errors.
        key: Option<String>,
        /// What is wrong and, where there is one, the way out.
        message: String,
    },
}

struct Prefix<'a>(&'a Option<String>);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |key| write!(f, "{key}: "))
    }
}
