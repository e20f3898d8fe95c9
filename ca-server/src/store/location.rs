//! Where the database is: `sqlite:PATH` or `postgres://...`, read once from the configuration.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::error::StoreError;

/// The database as configured.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// Engine and place.
    pub location: Location,
    /// Connections: PostgreSQL's pool, or SQLite's readers beside its one writer.
    pub connections: usize,
    /// A file with the PostgreSQL password; read at each connect, so that it can be changed. `PGPASSWORD` comes after it.
    pub password_file: Option<PathBuf>,
    /// The longest that a caller waits for an answer.
    pub time_limit: Duration,
}

/// Default of [`DatabaseConfig::connections`] on PostgreSQL.
const POSTGRES_CONNECTIONS: usize = 8;
/// Readers of SQLite: their page caches count into the server's memory.
const SQLITE_READERS: usize = 4;
/// Longer than SQLite's busy time-out, so that the more precise error comes first.
const TIME_LIMIT: Duration = Duration::from_secs(90);

impl DatabaseConfig {
    /// The defaults for a database URL. A relative SQLite path, and a relative file in a parameter of the URL, is
    /// relative to `base`.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] when the URL names no engine or a parameter that cannot be honoured.
    pub fn new(url: &str, base: &Path) -> Result<Self, StoreError> {
        let location = Location::parse(url, base)?;
        let connections = match location {
            Location::Sqlite(_) => SQLITE_READERS,
            Location::Postgres(_) => POSTGRES_CONNECTIONS,
        };
        Ok(Self { location, connections, password_file: None, time_limit: TIME_LIMIT })
    }
}

/// Engine and place of a database.
#[derive(Clone, Debug)]
pub enum Location {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(PostgresUrl),
}

/// Host names that are this machine: the connection does not leave it, so TLS is not asked for.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Location {
    fn parse(url: &str, base: &Path) -> Result<Self, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", "")) => Err(configuration("database url: sqlite: needs the path of a file")),
            Some(("sqlite", path)) => Ok(Self::Sqlite(base.join(path.strip_prefix("//").unwrap_or(path)))),
            Some(("postgres" | "postgresql", _)) => PostgresUrl::parse(url, base).map(Self::Postgres),
            // The value may hold a password, so it is not repeated.
            _ => Err(configuration("database url: expected sqlite:PATH or postgres://USER@HOST/DATABASE")),
        }
    }
}

/// A PostgreSQL URL whose TLS parameters have been taken out and judged. Printing it shows no password.
#[derive(Clone)]
pub struct PostgresUrl {
    pub(crate) url: Url,
    pub(crate) trust: Trust,
}

/// How the server proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Nothing is proved: a Unix socket, this machine, or `sslmode=disable`.
    Plain,
    /// TLS with a certificate below one of the roots in this PEM file, for the host's name.
    RootFile(PathBuf),
}

impl PostgresUrl {
    fn parse(text: &str, base: &Path) -> Result<Self, StoreError> {
        let mut url = Url::parse(text).map_err(|error| configuration(format!("database url: {error}")))?;
        let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mode = last(&parameters, "sslmode");
        let root = last(&parameters, "sslrootcert").map(|file| base.join(file));
        let trust = decide_trust(&url, &parameters, mode, root)?;
        let rest = parameters.iter().filter(|(name, _)| name != "sslmode" && name != "sslrootcert");
        let kept: Vec<_> = rest.cloned().collect();
        url.set_query(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        Ok(Self { url, trust })
    }
}

/// `prefer` and `allow` are refused: they look like protection and fall back to none. `verify-ca` is refused because
/// any host with any certificate of that CA would do.
fn decide_trust(
    url: &Url,
    parameters: &[(String, String)],
    mode: Option<&str>,
    root: Option<PathBuf>,
) -> Result<Trust, StoreError> {
    match (mode, root) {
        (Some("disable"), None) => Ok(Trust::Plain),
        (None, None) if is_local(url, parameters) => Ok(Trust::Plain),
        (None | Some("require" | "verify-full"), Some(file)) => Ok(Trust::RootFile(file)),
        (None, None) => Err(configuration(
            "database url: a server on another machine needs sslrootcert=FILE (the PEM root of its certificate), \
             or sslmode=disable to do without TLS",
        )),
        (Some("require" | "verify-full"), None) => {
            Err(configuration("database url: sslmode needs sslrootcert=FILE, the PEM root of the server's certificate"))
        }
        (Some("disable"), Some(_)) => Err(configuration("database url: sslrootcert contradicts sslmode=disable")),
        (Some(other), _) => Err(configuration(format!(
            "database url: sslmode={other} is not supported; use verify-full with sslrootcert=FILE, or disable"
        ))),
    }
}

fn is_local(url: &Url, parameters: &[(String, String)]) -> bool {
    let named = last(parameters, "host").or_else(|| url.host_str().filter(|host| !host.is_empty()));
    named.is_none_or(|host| host.starts_with('/') || host.starts_with("%2F") || LOOPBACK.contains(&host))
}

fn last<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn configuration(text: impl Into<String>) -> StoreError {
    StoreError::Configuration(text.into())
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or("the local socket");
        write!(f, "PostgreSQL at {host}:{}{}", self.url.port().unwrap_or(5432), self.url.path())
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Location, StoreError> {
        Location::parse(url, Path::new("/data"))
    }

    fn trust(url: &str) -> Trust {
        match parse(url).unwrap() {
            Location::Postgres(url) => url.trust,
            Location::Sqlite(path) => panic!("{}", path.display()),
        }
    }

    #[test]
    fn a_sqlite_path_is_relative_to_the_configuration() {
        assert!(
            matches!(parse("sqlite:signet.db").unwrap(), Location::Sqlite(path) if path == Path::new("/data/signet.db"))
        );
        assert!(
            matches!(parse("sqlite:///srv/a.db").unwrap(), Location::Sqlite(path) if path == Path::new("/srv/a.db"))
        );
        assert!(parse("sqlite:").is_err());
    }

    #[test]
    fn this_machine_is_reached_without_tls_and_no_other() {
        for url in ["postgres://a@localhost/b", "postgresql://a@127.0.0.1:5433/b", "postgres:///b?host=/run/postgresql"]
        {
            assert_eq!(trust(url), Trust::Plain, "{url}");
        }
        assert!(parse("postgres://a@db.example.org/b").is_err());
        assert_eq!(trust("postgres://a@db.example.org/b?sslmode=disable"), Trust::Plain);
    }

    #[test]
    fn every_tls_mode_checks_the_certificate_or_is_refused() {
        for mode in ["", "&sslmode=require", "&sslmode=verify-full"] {
            let url = format!("postgres://a@db.example.org/b?sslrootcert=pg.pem{mode}");
            assert_eq!(trust(&url), Trust::RootFile("/data/pg.pem".into()), "{url}");
        }
        for mode in ["sslmode=prefer", "sslmode=allow", "sslmode=verify-ca&sslrootcert=x", "sslmode=require"] {
            assert!(parse(&format!("postgres://a@localhost/b?{mode}")).is_err(), "{mode}");
        }
    }

    #[test]
    fn no_password_is_ever_printed() {
        let url = parse("postgres://signet:hunter2@localhost/b").unwrap();
        assert!(!format!("{url:?}").contains("hunter2"));
        for wrong in
            ["mysql://a:hunter2@b/c", "postgres://a:hunter2@b:port/c", "postgres://a:hunter2@b/c?sslmode=allow"]
        {
            let error = parse(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{wrong}");
        }
    }
}
