//! Where a passphrase, PIN or password comes from: a file or the environment, never the configuration itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::{Zeroize as _, Zeroizing};

use super::error::ConfigError;
use super::key::Place;

/// A secret that has not been read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The content of a file without its last line end.
    File(PathBuf),
    /// The value of an environment variable.
    Environment(String),
}

/// Why a secret could not be read; never tells any of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file is not there or not readable.
    #[error("cannot read the secret in {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The variable is not set, or not text.
    #[error("the environment variable {0} is not set")]
    Unset(String),
    /// Nothing is in it.
    #[error("the secret in {0} is empty")]
    Empty(String),
}

impl SecretSource {
    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(file) => Some(file),
            Self::Environment(_) => None,
        }
    }

    /// Reads the secret into memory that is wiped afterwards.
    ///
    /// # Errors
    /// When it is missing, unreadable or empty.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let secret = match self {
            Self::File(file) => read_file(file)?,
            Self::Environment(name) => {
                let value = std::env::var(name).map_err(|_| SecretError::Unset(name.clone()))?;
                Zeroizing::new(value.into_bytes())
            }
        };
        if secret.is_empty() { Err(SecretError::Empty(self.to_string())) } else { Ok(secret) }
    }

    /// The source that `{secret}_file` or `{secret}_env` names, if either does.
    pub(super) fn resolve(
        secret: &str,
        file: Option<&Path>,
        environment: Option<String>,
        at: &Place<'_>,
    ) -> Result<Option<Self>, ConfigError> {
        match (file, environment) {
            (Some(_), Some(_)) => {
                Err(at.key(&format!("{secret}_env")).refuse(format!("`{secret}_file` is given too: keep one of them")))
            }
            (Some(file), None) => Ok(Some(Self::File(at.path(file)))),
            (None, Some(name)) if name.is_empty() || name.contains(['=', '\0']) => {
                Err(at.key(&format!("{secret}_env")).refuse(format!("`{name}` is not the name of a variable")))
            }
            (None, Some(name)) => Ok(Some(Self::Environment(name))),
            (None, None) => Ok(None),
        }
    }
}

impl std::fmt::Display for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Environment(name) => write!(f, "${name}"),
        }
    }
}

fn read_file(file: &Path) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let unreadable = |source| SecretError::Unreadable { file: file.to_owned(), source };
    let mut secret = Zeroizing::new(fs::read(file).map_err(unreadable)?);
    for end in [b'\n', b'\r'] {
        if secret.last() == Some(&end)
            && let Some(mut byte) = secret.pop()
        {
            byte.zeroize();
        }
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn secret_of(content: &[u8]) -> Result<Vec<u8>, SecretError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pin");
        fs::write(&file, content).unwrap();
        SecretSource::File(file).read().map(|secret| secret.to_vec())
    }

    #[test]
    fn one_line_end_is_not_part_of_the_secret() {
        assert_eq!(secret_of(b"1234").unwrap(), b"1234");
        assert_eq!(secret_of(b"1234\n").unwrap(), b"1234");
        assert_eq!(secret_of(b"1234\r\n").unwrap(), b"1234");
        assert_eq!(secret_of(b" 12 34 \n\n").unwrap(), b" 12 34 \n");
    }

    #[test]
    fn absent_and_empty_secrets_are_refused() {
        assert!(matches!(secret_of(b"\n"), Err(SecretError::Empty(_))));
        let absent = SecretSource::File(PathBuf::from("/nonexistent/pin")).read().unwrap_err();
        assert!(matches!(absent, SecretError::Unreadable { .. }), "{absent}");
        let unset = SecretSource::Environment("SIGNET_TEST_UNSET".to_owned()).read().unwrap_err();
        assert_eq!(unset.to_string(), "the environment variable SIGNET_TEST_UNSET is not set");
    }
}
