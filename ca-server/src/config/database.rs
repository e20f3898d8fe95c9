//! `[database]`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use super::error::ConfigError;
use super::key::Place;
use super::secret::SecretSource;

/// `[database]` as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`, without a password. PostgreSQL on another machine is spoken to
    /// over TLS with a checked certificate unless `?sslmode=disable` says otherwise.
    /// Default: `"sqlite:signet.db"`
    pub url: Option<String>,
    /// File with PostgreSQL's password.
    /// Example: `"database.password"`
    pub password_file: Option<PathBuf>,
    /// Environment variable with PostgreSQL's password, in place of the file.
    /// Example: `"SIGNET_DATABASE_PASSWORD"`
    pub password_env: Option<String>,
    /// PEM file with the CA certificates that PostgreSQL's certificate is checked against, in place of the system's.
    /// Example: `"database-ca.pem"`
    pub ca_file: Option<PathBuf>,
}

/// A checked `[database]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseSettings {
    /// One file on this machine.
    Sqlite {
        /// The database file.
        path: PathBuf,
    },
    /// A server, shared by replicas.
    Postgres {
        /// Without password; query parameters as tokio-postgres reads them.
        url: Url,
        /// Where the password is, if one is needed.
        password: Option<SecretSource>,
        /// CA certificates that replace the system's.
        ca_file: Option<PathBuf>,
    },
}

impl DatabaseConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<DatabaseSettings, ConfigError> {
        let url = self.url.as_deref().unwrap_or("sqlite:signet.db");
        let password = SecretSource::resolve("password", self.password_file.as_deref(), self.password_env, at)?;
        let ca_file = self.ca_file.map(|file| at.path(&file));
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Ok(DatabaseSettings::Postgres { url: postgres(url, &at.key("url"))?, password, ca_file });
        };
        if password.is_some() || ca_file.is_some() {
            return Err(at.refuse("a SQLite file takes neither password nor CA certificates"));
        }
        sqlite(path, &at.key("url"))
    }
}

fn sqlite(path: &str, at: &Place<'_>) -> Result<DatabaseSettings, ConfigError> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(':') || path.contains('?') {
        return Err(
            at.refuse("write the path of a file after `sqlite:`; memory databases and options are not supported")
        );
    }
    Ok(DatabaseSettings::Sqlite { path: at.path(Path::new(path)) })
}

fn postgres(text: &str, at: &Place<'_>) -> Result<Url, ConfigError> {
    // A URL that holds a password is not repeated in the message.
    let url = Url::parse(text).map_err(|error| at.refuse(format!("this is not a URL: {error}")))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(at.refuse("it must start with sqlite: or postgres://"));
    }
    if url.password().is_some() || url.query_pairs().any(|(name, _)| name == "password") {
        return Err(at.refuse("a password does not belong here: use `password_file` or `password_env`"));
    }
    Ok(url)
}
