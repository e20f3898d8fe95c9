//! The schema: numbered scripts, the same for both engines by name, each applied once in a transaction of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{Connection, Engine, on_each};
use super::error::StoreError;
use super::location::{DatabaseConfig, Location};
use super::{off_runtime, postgres, sqlite};

struct Migration {
    version: i64,
    name: &'static str,
    /// The lowest version of this binary that can run on the schema after it.
    lowest_binary: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

/// `migration!(1, "0001_initial", "0.1.0")`: its number, its name, and the lowest binary that runs on the schema after it.
macro_rules! migration {
    ($version:literal, $name:literal, $lowest_binary:literal) => {
        Migration {
            version: $version,
            name: $name,
            lowest_binary: $lowest_binary,
            sqlite: include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../../migrations/postgres/", $name, ".sql")),
        }
    };
}

static MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_initial", "0.1.0"),
    migration!(2, "0002_operators", "0.1.0"),
    migration!(3, "0003_certificate_search", "0.1.0"),
    migration!(4, "0004_issuance_requests", "0.1.0"),
    migration!(5, "0005_notices", "0.1.0"),
    migration!(6, "0006_idempotency", "0.1.0"),
    migration!(7, "0007_inspection", "0.1.0"),
    migration!(8, "0008_overview", "0.1.0"),
    migration!(9, "0009_audit", "0.1.0"),
    migration!(10, "0010_expiry_notices", "0.1.0"),
    migration!(11, "0011_signing", "0.1.0"),
    migration!(12, "0012_request_keys", "0.1.0"),
    migration!(13, "0013_signing_grants", "0.1.0"),
    migration!(14, "0014_signing_lookups", "0.1.0"),
];

const THIS_BINARY: &str = env!("CARGO_PKG_VERSION");

/// Number of the lock that one migrating process holds on PostgreSQL: "Signet" in ASCII.
const ADVISORY_LOCK: i64 = 0x5369_676e_6574;

/// The version that this binary brings the schema to.
pub fn latest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Names of the migrations that [`migrate`] would apply.
///
/// # Errors
/// When the database cannot be reached.
pub async fn pending(config: &DatabaseConfig) -> Result<Vec<&'static str>, StoreError> {
    let config = config.clone();
    off_runtime(move || {
        if is_missing_file(&config) {
            return Ok(MIGRATIONS.iter().map(|migration| migration.name).collect());
        }
        Ok(after(applied(&mut connect(&config)?)?).map(|migration| migration.name).collect())
    })
    .await
}

/// Brings the schema up to date and answers with the names of what was applied. A SQLite file that holds a schema is
/// copied first, as `FILE.before-NAME`; on PostgreSQL one process migrates at a time.
///
/// # Errors
/// When the database cannot be reached or a script fails; that script is undone.
pub async fn migrate(config: &DatabaseConfig) -> Result<Vec<&'static str>, StoreError> {
    apply_all(config, MIGRATIONS).await
}

async fn apply_all(config: &DatabaseConfig, migrations: &'static [Migration]) -> Result<Vec<&'static str>, StoreError> {
    let config = config.clone();
    off_runtime(move || {
        let mut connection = connect(&config)?;
        lock(&mut connection)?;
        let before = applied(&mut connection)?;
        let missing = || migrations.iter().filter(|migration| migration.version > before);
        if let (Location::Sqlite(path), Some(first), true) = (&config.location, missing().next(), before > 0) {
            copy(&mut connection, path, first.name)?;
        }
        missing().map(|migration| apply(&mut connection, migration)).collect()
    })
    .await
}

/// Refuses a schema that this binary cannot run on.
pub(crate) fn check(connection: &mut Connection) -> Result<(), StoreError> {
    let version = applied(connection)?;
    if let Some(missing) = after(version).next() {
        let name = missing.name;
        return Err(StoreError::Schema(format!("the database lacks migration {name}: run `signet migrate`")));
    }
    match lowest_binary(connection)? {
        Some(lowest) if numbers(&lowest) > numbers(THIS_BINARY) => Err(StoreError::Schema(format!(
            "the database was migrated by a newer Signet and needs at least version {lowest}; this is {THIS_BINARY}"
        ))),
        _ => Ok(()),
    }
}

fn after(version: i64) -> impl Iterator<Item = &'static Migration> {
    MIGRATIONS.iter().filter(move |migration| migration.version > version)
}

fn is_missing_file(config: &DatabaseConfig) -> bool {
    matches!(&config.location, Location::Sqlite(path) if !path.exists())
}

fn connect(config: &DatabaseConfig) -> Result<Connection, StoreError> {
    match &config.location {
        Location::Sqlite(path) => sqlite::open_writer(path),
        Location::Postgres(url) => postgres::connect(url, config.password_file.as_deref()),
    }
}

/// The lock ends with the connection.
fn lock(connection: &mut Connection) -> Result<(), StoreError> {
    if matches!(connection.0, Engine::Postgres(_)) {
        // Whoever waits here waits for another process's migration, however long that takes.
        connection.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0")?;
        connection.batch_execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))?;
    }
    Ok(())
}

fn apply(connection: &mut Connection, migration: &'static Migration) -> Result<&'static str, StoreError> {
    connection.begin()?;
    if let Err(error) = run_script(connection, migration) {
        connection.roll_back()?;
        return Err(error);
    }
    connection.commit()?;
    Ok(migration.name)
}

const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, \
                             name TEXT NOT NULL, applied_at BIGINT NOT NULL, lowest_binary TEXT NOT NULL)";

fn run_script(connection: &mut Connection, migration: &Migration) -> Result<(), StoreError> {
    let Migration { version, name, lowest_binary, sqlite, postgres } = migration;
    let (script, now, table) = match connection.0 {
        Engine::Sqlite(_) => (sqlite, "unixepoch()", VERSION_TABLE.to_owned()),
        Engine::Postgres(_) => {
            (postgres, "extract(epoch FROM now())::bigint", VERSION_TABLE.replace("TEXT", "TEXT COLLATE \"C\""))
        }
    };
    connection.batch_execute(&table)?;
    connection.batch_execute(script)?;
    Ok(connection.batch_execute(&format!(
        "INSERT INTO schema_version (version, name, applied_at, lowest_binary) \
         VALUES ({version}, '{name}', {now}, '{lowest_binary}')"
    ))?)
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

/// The newest applied version; 0 for an empty database.
fn applied(connection: &mut Connection) -> Result<i64, StoreError> {
    let tables = match connection.0 {
        Engine::Sqlite(_) => "SELECT count(*) AS n FROM sqlite_master WHERE name = 'schema_version'",
        Engine::Postgres(_) => {
            "SELECT count(*) AS n FROM pg_tables WHERE tablename = 'schema_version' AND schemaname = current_schema()"
        }
    };
    if number(connection, tables)? == 0 {
        return Ok(0);
    }
    number(connection, "SELECT coalesce(max(version), 0) AS n FROM schema_version")
}

fn number(connection: &mut Connection, query: &str) -> Result<i64, StoreError> {
    let row: Number = on_each!(connection, |c| diesel::sql_query(query).get_result(c))?;
    Ok(row.n)
}

/// What the newest migration unknown to this binary demands.
fn lowest_binary(connection: &mut Connection) -> Result<Option<String>, StoreError> {
    let known = latest();
    let query = format!(
        "SELECT lowest_binary AS word FROM schema_version WHERE version > {known} ORDER BY version DESC LIMIT 1"
    );
    let row: Option<Word> = on_each!(connection, |c| diesel::sql_query(query).get_result(c).optional())?;
    Ok(row.map(|row| row.word))
}

fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// A consistent copy, whole or absent: written under another name, flushed, then renamed.
fn copy(connection: &mut Connection, path: &Path, name: &str) -> Result<(), StoreError> {
    let unfinished = beside(path, "copying");
    let failed = |error: std::io::Error| {
        StoreError::unavailable(
            format!("cannot copy {} before migrating: {error}", path.display()),
            Some(Arc::new(error)),
        )
    };
    if unfinished.exists() {
        fs::remove_file(&unfinished).map_err(failed)?;
    }
    // SQLite fills an empty file, and would make one that others may read.
    sqlite::make_private(&unfinished)?;
    let target = unfinished.to_string_lossy().replace('\'', "''");
    connection.batch_execute(&format!("VACUUM INTO '{target}'"))?;
    File::open(&unfinished).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&unfinished, beside(path, &format!("before-{name}"))).map_err(failed)
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::store::testing;

    /// The migrations there are, and one more with this script.
    fn and_then(script: &'static str) -> &'static [Migration] {
        let known = MIGRATIONS.iter().map(|known| Migration { ..*known });
        let version = latest() + 1;
        let next = Migration { version, name: "next", lowest_binary: "0.1.0", sqlite: script, postgres: script };
        Box::leak(known.chain([next]).collect())
    }

    fn path(store: &testing::TestStore) -> PathBuf {
        let Location::Sqlite(path) = &store.config.location else { panic!("a file") };
        path.clone()
    }

    async fn add_row(store: &testing::TestStore) {
        let insert = "INSERT INTO installation (id, name, created_at) VALUES ('a', 'kept', 0)";
        store.write(move |c| Ok(c.batch_execute(insert)?)).await.unwrap();
    }

    fn word(file: &Path, query: &str) -> Option<String> {
        let mut connection = sqlite::open_reader(file).unwrap();
        let found: Result<Word, _> = on_each!(connection, |c| diesel::sql_query(query).get_result(c));
        found.ok().map(|row| row.word)
    }

    const KEPT: &str = "SELECT name AS word FROM installation";
    const ADDED: &str = "SELECT added AS word FROM installation";

    #[tokio::test]
    async fn a_file_is_copied_before_it_is_migrated() {
        let store = testing::sqlite().await;
        add_row(&store).await;
        let (file, copy) = (path(&store), beside(&path(&store), "before-next"));
        // What an interrupted copy left behind is no hindrance.
        fs::write(beside(&file, "copying"), "half of a database").unwrap();
        let migrations = and_then("ALTER TABLE installation ADD COLUMN added TEXT NOT NULL DEFAULT 'new'");
        assert_eq!(apply_all(&store.config, migrations).await.unwrap(), ["next"]);
        assert_eq!((word(&file, KEPT).as_deref(), word(&file, ADDED).as_deref()), (Some("kept"), Some("new")));
        assert_eq!((word(&copy, KEPT).as_deref(), word(&copy, ADDED)), (Some("kept"), None), "the copy is as before");
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!beside(&file, "copying").exists());
        fs::remove_file(&copy).unwrap();
        assert!(apply_all(&store.config, migrations).await.unwrap().is_empty());
        assert!(!copy.exists(), "nothing to do, nothing to copy");
    }

    #[tokio::test]
    async fn a_script_that_fails_leaves_database_and_copy() {
        let store = testing::sqlite().await;
        add_row(&store).await;
        let script = "ALTER TABLE installation ADD COLUMN added TEXT; INSERT INTO no_such_table VALUES (1)";
        let refusal = apply_all(&store.config, and_then(script)).await.unwrap_err();
        assert!(matches!(refusal, StoreError::Refused(_)), "{refusal:?}");
        let file = path(&store);
        assert_eq!((word(&file, KEPT).as_deref(), word(&file, ADDED)), (Some("kept"), None));
        assert_eq!(word(&beside(&file, "before-next"), KEPT).as_deref(), Some("kept"));
        crate::store::Store::open(&store.config).await.unwrap();
    }

    #[test]
    fn versions_count_up_in_order_of_their_names() {
        assert!(MIGRATIONS.is_sorted_by_key(|migration| migration.version));
        for migration in MIGRATIONS {
            assert!(migration.name.starts_with(&format!("{:04}_", migration.version)), "{}", migration.name);
        }
    }

    #[test]
    fn versions_compare_by_their_numbers() {
        assert!(numbers("0.10.0") > numbers("0.9.1"));
        assert!(numbers("1.0.0") > numbers("0.99.0"));
    }
}
