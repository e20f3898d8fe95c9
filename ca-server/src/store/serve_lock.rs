//! One `serve` at a time on a SQLite file: its used nonces and leases of memory are not shared with another process.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::StoreError;
use super::location::{DatabaseConfig, Location};

/// Held as long as the server runs; the operating system gives it up when the process ends, however that happens.
#[derive(Debug)]
#[must_use = "the lock ends when this is dropped"]
pub struct ServeLock(Option<File>);

impl ServeLock {
    /// Takes the lock beside a SQLite file. PostgreSQL is made for many servers and needs none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when another server holds it, or the file cannot be made.
    pub fn acquire(config: &DatabaseConfig) -> Result<Self, StoreError> {
        let Location::Sqlite(database) = &config.location else { return Ok(Self(None)) };
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = open(&path).map_err(|error| {
            StoreError::unavailable(format!("cannot open {}: {error}", path.display()), Some(Arc::new(error)))
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self(Some(file))),
            Err(TryLockError::WouldBlock) => Err(StoreError::unavailable(
                format!("another `signet serve` runs on {} (it holds {})", database.display(), path.display()),
                None,
            )),
            Err(TryLockError::Error(error)) => {
                Err(StoreError::unavailable(format!("cannot lock {}: {error}", path.display()), Some(Arc::new(error))))
            }
        }
    }

    /// Whether there is a file behind it.
    pub const fn is_exclusive(&self) -> bool {
        self.0.is_some()
    }
}

fn open(path: &PathBuf) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_until_the_first_is_gone() {
        let directory = tempfile::tempdir().unwrap();
        let config = DatabaseConfig::new("sqlite:signet.db", directory.path()).unwrap();
        let first = ServeLock::acquire(&config).unwrap();
        assert!(first.is_exclusive());
        let refusal = ServeLock::acquire(&config).unwrap_err();
        assert!(refusal.to_string().contains("another `signet serve`"), "{refusal}");
        drop(first);
        assert!(ServeLock::acquire(&config).is_ok());
    }
}
