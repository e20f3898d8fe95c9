//! Both migrations make the same tables and columns, those that the code knows.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::store::connection::Engine;
use crate::store::location::Location;
use crate::store::testing::{self, TestStore};
use crate::store::{DatabaseConfig, Store, StoreError, migration};

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    required: bool,
}

const ON_SQLITE: &str = "SELECT t.name AS table_name, c.name AS column_name, lower(c.type) AS kind, \
    c.\"notnull\" = 1 AS required FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'";

const ON_POSTGRES: &str = "SELECT table_name::text, column_name::text, \
    CASE data_type WHEN 'bytea' THEN 'blob' ELSE data_type::text END AS kind, \
    is_nullable = 'NO' AS required FROM information_schema.columns WHERE table_schema = 'public'";

async fn columns(store: &TestStore) -> Vec<Column> {
    let mut found: Vec<Column> = store
        .read(|connection| {
            Ok(match &mut connection.0 {
                Engine::Sqlite(c) => diesel::sql_query(ON_SQLITE).load(c.as_mut())?,
                Engine::Postgres(c) => diesel::sql_query(ON_POSTGRES).load(c.as_mut())?,
            })
        })
        .await
        .unwrap();
    found.sort();
    found
}

#[tokio::test]
async fn both_engines_have_the_same_columns() {
    let (sqlite, postgres) = (testing::sqlite().await, testing::postgres().await);
    let (on_sqlite, on_postgres) = (columns(&sqlite).await, columns(&postgres).await);
    assert!(on_sqlite.len() > 200, "{}", on_sqlite.len());
    for (left, right) in on_sqlite.iter().zip(&on_postgres) {
        assert_eq!(left, right);
    }
    assert_eq!(on_sqlite.len(), on_postgres.len());
}

#[tokio::test]
async fn only_portable_types_are_used_and_every_text_is_compared_by_its_bytes() {
    let postgres = testing::postgres().await;
    for column in columns(&postgres).await {
        assert!(["bigint", "text", "blob", "boolean"].contains(&column.kind.as_str()), "{column:?}");
    }
    let script = include_str!("../../../../migrations/postgres/0001_initial.sql");
    let loose = script.lines().filter(|line| line.contains("TEXT") && !line.contains("TEXT COLLATE \"C\""));
    assert_eq!(loose.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// What `table!` declares, read from its source, against the database.
#[tokio::test]
async fn the_declared_tables_are_those_of_the_database() {
    let source = concat!(
        include_str!("../schema.rs"),
        include_str!("../schema/operator_access.rs"),
        include_str!("../schema/request.rs"),
        include_str!("../schema/signing.rs")
    );
    let mut declared = Vec::new();
    let mut table = "";
    for line in source.lines().map(str::trim) {
        if let Some((name, "{")) = line.split_once(" (").map(|(name, rest)| (name, &rest[rest.len() - 1..])) {
            table = name;
        } else if let Some((column, kind)) = line.split_once(" -> ") {
            declared.push(declare(table, column, kind.trim_end_matches(',')));
        }
    }
    declared.sort();
    let store = testing::sqlite().await;
    let mut stored = columns(&store).await;
    stored.retain(|column| column.table_name != "schema_version");
    assert_eq!(stored, declared);
}

fn declare(table: &str, column: &str, kind: &str) -> Column {
    let inner = kind.strip_prefix("Nullable<").and_then(|rest| rest.strip_suffix('>'));
    let kind = match inner.unwrap_or(kind) {
        "Text" => "text",
        "BigInt" => "bigint",
        "Binary" => "blob",
        "Bool" => "boolean",
        other => panic!("{other}"),
    };
    Column {
        table_name: table.to_owned(),
        column_name: column.to_owned(),
        kind: kind.to_owned(),
        required: inner.is_none(),
    }
}

#[tokio::test]
async fn a_database_without_schema_is_refused_with_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let config = DatabaseConfig::new("sqlite:signet.db", directory.path()).unwrap();
    let refusal = Store::open(&config).await.err().unwrap();
    assert!(matches!(&refusal, StoreError::Schema(text) if text.contains("signet migrate")), "{refusal}");
    let all = migration::pending(&config).await.unwrap();
    assert!(all.starts_with(&["0001_initial", "0002_operators"]), "{all:?}");
    assert!(!directory.path().join("signet.db").exists(), "a dry run leaves nothing behind");
    assert_eq!(migration::migrate(&config).await.unwrap(), all);
    assert_eq!(migration::migrate(&config).await.unwrap(), Vec::<&str>::new());
    assert_eq!(migration::pending(&config).await.unwrap(), Vec::<&str>::new());
    Store::open(&config).await.unwrap();
}

#[tokio::test]
async fn a_schema_that_needs_a_newer_binary_is_refused_and_a_compatible_one_is_not() {
    for store in [testing::sqlite().await, testing::postgres().await] {
        let later = |version: i64, lowest: &'static str| {
            move |c: &mut crate::store::Connection| {
                Ok(c.batch_execute(&format!("INSERT INTO schema_version VALUES ({version}, 'later', 0, '{lowest}')"))?)
            }
        };
        store.write(later(1000, "0.1.0")).await.unwrap();
        Store::open(&store.config).await.unwrap();
        store.write(later(1001, "99.0.0")).await.unwrap();
        let refusal = Store::open(&store.config).await.err().unwrap();
        assert!(matches!(&refusal, StoreError::Schema(text) if text.contains("99.0.0")), "{refusal}");
    }
}

#[tokio::test]
async fn processes_that_migrate_at_once_take_turns() {
    let server = testing::postgres().await;
    let Location::Postgres(url) = &server.config.location else { panic!() };
    let config = testing::config_for(&url.url, url.url.path());
    server.write(|c| Ok(c.batch_execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")?)).await.unwrap();
    let all = migration::pending(&config).await.unwrap();
    let (one, other) = tokio::join!(migration::migrate(&config), migration::migrate(&config));
    assert_eq!([one.unwrap(), other.unwrap()].concat(), all);
}

#[tokio::test]
async fn the_sqlite_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let store = testing::sqlite().await;
    let Location::Sqlite(path) = &store.config.location else { panic!() };
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}
