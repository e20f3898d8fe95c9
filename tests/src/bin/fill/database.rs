//! The two engines: statements in, a row of text out.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// How octets are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Dialect {
    /// `x'00'`.
    Sqlite,
    /// `'\x00'`.
    Postgres,
}

/// Where an installation's rows are.
#[derive(Debug)]
pub(crate) enum Url {
    Sqlite(PathBuf),
    Postgres(String),
}

/// An open database.
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
pub(crate) enum Sink {
    Sqlite(Box<SqliteConnection>),
    Postgres(Runtime, Client),
}

impl Url {
    /// The database that a configuration names.
    pub(crate) fn of(config: &Path) -> Result<Self> {
        let table: toml::Table = std::fs::read_to_string(config)?.parse()?;
        let url = table.get("database").and_then(|database| database.get("url")).and_then(toml::Value::as_str);
        let url = url.context("database.url")?;
        match url.strip_prefix("sqlite:") {
            Some(path) => Ok(Self::Sqlite(config.parent().unwrap_or(Path::new(".")).join(path))),
            None => Ok(Self::Postgres(url.to_owned())),
        }
    }

    pub(crate) fn open(&self) -> Result<Sink> {
        match self {
            Self::Sqlite(path) => {
                let mut connection = SqliteConnection::establish(path.to_str().context("a path in UTF-8")?)?;
                connection.batch_execute(
                    "PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA busy_timeout = 60000",
                )?;
                Ok(Sink::Sqlite(Box::new(connection)))
            }
            Self::Postgres(url) => {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
                let (client, connection) = runtime.block_on(tokio_postgres::connect(url, NoTls))?;
                // Its errors come out of the client's calls.
                runtime.spawn(async move { drop(connection.await) });
                runtime.block_on(client.batch_execute("SET synchronous_commit = off"))?;
                Ok(Sink::Postgres(runtime, client))
            }
        }
    }
}

#[derive(QueryableByName)]
struct OneText {
    #[diesel(sql_type = Text)]
    value: String,
}

impl Sink {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(..) => Dialect::Postgres,
        }
    }

    /// Statements, all or none.
    pub(crate) fn transaction(&mut self, statements: &[String]) -> Result<()> {
        let statements = format!("BEGIN;{};COMMIT", statements.join(";"));
        match self {
            Self::Sqlite(connection) => connection.batch_execute(&statements)?,
            Self::Postgres(runtime, client) => runtime.block_on(client.batch_execute(&statements))?,
        }
        Ok(())
    }

    /// The one value of a query, which calls it `value`.
    pub(crate) fn value(&mut self, query: &str) -> Result<String> {
        match self {
            Self::Sqlite(connection) => {
                let row: OneText = diesel::sql_query(query).get_result(connection.as_mut())?;
                Ok(row.value)
            }
            Self::Postgres(runtime, client) => {
                for message in runtime.block_on(client.simple_query(query))? {
                    if let SimpleQueryMessage::Row(row) = message {
                        return Ok(row.get(0).context("a value that is not null")?.to_owned());
                    }
                }
                bail!("no row: {query}")
            }
        }
    }

    /// Octets of a column as hexadecimal digits.
    pub(crate) fn hexadecimal_of(&self, column: &str) -> String {
        match self {
            Self::Sqlite(_) => format!("hex({column})"),
            Self::Postgres(..) => format!("encode({column}, 'hex')"),
        }
    }

    /// What the engine does by itself in time: PostgreSQL counts its rows, SQLite takes its log in.
    pub(crate) fn finish(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?,
            Self::Postgres(runtime, client) => {
                // Several statements at once would be a transaction, in which nothing is vacuumed.
                runtime.block_on(client.batch_execute("VACUUM ANALYZE"))?;
                runtime.block_on(client.batch_execute("CHECKPOINT"))?;
            }
        }
        Ok(())
    }
}
