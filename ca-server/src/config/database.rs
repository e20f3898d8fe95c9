//! `[database]`.

use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::error::ConfigError;
use super::key::Place;
use crate::store;
use crate::store::location::Location;

/// `[database]` as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`, without a password. A PostgreSQL server on another machine is
    /// spoken to over TLS and needs `?sslrootcert=FILE`, the PEM root of its certificate, or `?sslmode=disable`.
    /// Default: `"sqlite:signet.db"`
    pub url: Option<String>,
    /// File with PostgreSQL's password, read anew for each connection. Without it, the environment's PGPASSWORD.
    /// Example: `"database.password"`
    pub password_file: Option<PathBuf>,
}

/// A checked `[database]`: the store has accepted the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseSettings {
    /// One file on this machine.
    Sqlite {
        /// The database file.
        path: PathBuf,
    },
    /// A server, shared by replicas.
    Postgres {
        /// Without password; relative files in its parameters start at the configuration's folder.
        url: Url,
        /// Where the password is, if it is in a file.
        password_file: Option<PathBuf>,
    },
}

impl DatabaseConfig {
    pub(super) fn resolve(self, at: &Place<'_>) -> Result<DatabaseSettings, ConfigError> {
        let url = self.url.as_deref().unwrap_or("sqlite:signet.db");
        refuse_unusable(url, &at.key("url"))?;
        let parsed = store::DatabaseConfig::new(url, &at.directory()).map_err(|error| {
            // The store names its argument; here the key does.
            at.key("url").refuse(error.to_string().trim_start_matches("database url: "))
        })?;
        match parsed.location {
            Location::Sqlite(_) if self.password_file.is_some() => {
                Err(at.key("password_file").refuse("a SQLite file takes no password"))
            }
            Location::Sqlite(path) => Ok(DatabaseSettings::Sqlite { path }),
            Location::Postgres(_) => Ok(DatabaseSettings::Postgres {
                url: at.key("url").parse(url, "a URL")?,
                password_file: self.password_file.map(|file| at.path(&file)),
            }),
        }
    }
}

fn refuse_unusable(url: &str, at: &Place<'_>) -> Result<(), ConfigError> {
    if url.strip_prefix("sqlite:").is_some_and(|path| path.starts_with(':') || path.contains('?')) {
        return Err(
            at.refuse("write the path of a file after `sqlite:`; memory databases and options are not supported")
        );
    }
    let named = |url: &Url| url.query_pairs().any(|(name, _)| name == "password");
    if Url::parse(url).is_ok_and(|url| url.password().is_some() || named(&url)) {
        return Err(at.refuse("a password does not belong here: use `password_file` or PGPASSWORD"));
    }
    Ok(())
}
