//! PostgreSQL: a database a test, or a whole cluster for tests that crash it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

use crate::environment;
use crate::process::output;

/// A fresh database, dropped with this value.
#[derive(Debug)]
pub struct Database {
    maintenance: String,
    name: String,
}

impl Database {
    /// Creates one in the cluster that `tests/run` provides.
    ///
    /// # Errors
    /// If there is no cluster.
    pub fn create() -> Result<Self> {
        Self::create_in(&environment::postgres()?)
    }

    /// Creates one in the cluster that this URL of a database reaches.
    ///
    /// # Errors
    /// If the cluster refuses.
    pub fn create_in(maintenance: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        psql(maintenance, &format!("CREATE DATABASE {name}"))?;
        Ok(Self { maintenance: maintenance.to_owned(), name })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.url_in(&self.maintenance)
    }

    /// Its URL by way of another role or host of the same cluster.
    pub fn url_in(&self, maintenance: &str) -> String {
        let base = maintenance.rsplit_once('/').map_or(maintenance, |(base, _)| base);
        format!("{base}/{}", self.name)
    }

    /// The answer to a query: a line a row, columns apart by `|`.
    ///
    /// # Errors
    /// If the query fails.
    pub fn query(&self, sql: &str) -> Result<String> {
        psql(&self.url(), sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A cluster that is gone has taken the database along.
        let _ = psql(&self.maintenance, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// Runs SQL and returns bare rows.
///
/// # Errors
/// If it fails.
pub fn psql(url: &str, sql: &str) -> Result<String> {
    output(Command::new("psql").args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]))
}

/// A cluster of one's own, for tests that stop or crash it.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    url: String,
}

impl Cluster {
    /// Makes and starts one in a new folder below `parent`.
    ///
    /// # Errors
    /// If PostgreSQL does not start.
    pub fn start(parent: &Path) -> Result<Self> {
        let folder = parent.join("pg");
        open_to_owner(parent)?;
        let url = script(&["start", path_text(&folder)?])?.trim().to_owned();
        Ok(Self { folder, url })
    }

    /// The URL of its maintenance database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `pg_ctl stop -m immediate`: as a crash, without a checkpoint.
    ///
    /// # Errors
    /// If it was not running.
    pub fn crash(&self) -> Result<()> {
        script(&["stop", path_text(&self.folder)?, "immediate"]).map(drop)
    }

    /// Starts it again, on the same port.
    ///
    /// # Errors
    /// If it does not recover.
    pub fn restart(&self) -> Result<()> {
        script(&["start", path_text(&self.folder)?]).map(drop)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Not running is as good.
        let _ = self.crash();
    }
}

/// When root runs the tests, the cluster's owner is another user who must reach it through the test's private folders.
fn open_to_owner(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).context("opening the test's folder")
}

fn script(arguments: &[&str]) -> Result<String> {
    output(Command::new(environment::postgres_script()).args(arguments))
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str().context("test folders have UTF-8 names")
}
