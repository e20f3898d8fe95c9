//! Wall 9: both engines have the same migrations, and a migration can be rolled out under a running older binary.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{TextFile, report, text_files};
use crate::sql;

const ENGINES: [&str; 2] = ["sqlite", "postgres"];

/// A migration's file: engine, migration name, and whether it leads forward.
struct Migration<'a> {
    engine: &'a str,
    name: &'a str,
    forward: bool,
    file: &'a TextFile,
}

fn migrations() -> Vec<Migration<'static>> {
    text_files().iter().filter_map(migration).collect()
}

/// `migrations/sqlite/0001_accounts/up.sql` or `migrations/sqlite/0001_accounts.sql`.
fn migration(file: &TextFile) -> Option<Migration<'_>> {
    let (engine, rest) = file.path.strip_prefix("migrations/")?.split_once('/')?;
    let rest = rest.strip_suffix(".sql")?;
    let (name, direction) = rest.split_once('/').unwrap_or((rest, "up"));
    Some(Migration { engine, name, forward: direction != "down", file })
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |engine: &str| -> BTreeSet<&str> {
        migrations().iter().filter(|m| m.engine == engine).map(|m| m.name).collect()
    };
    let [sqlite, postgres] = ENGINES.map(names);
    let findings: Vec<String> =
        sqlite.symmetric_difference(&postgres).map(|name| format!("only in one engine: {name}")).collect();
    report("A migration exists for both engines under the same name:", &findings);
}

#[test]
fn both_engines_have_the_same_tables_and_columns() {
    let schema = |engine: &str| {
        let mut columns: BTreeSet<String> = BTreeSet::new();
        for migration in migrations().iter().filter(|m| m.engine == engine && m.forward) {
            let tables: BTreeMap<_, _> = sql::tables(&migration.file.text);
            columns.extend(tables.into_iter().flat_map(|(t, cs)| cs.into_iter().map(move |c| format!("{t}.{c}"))));
        }
        columns
    };
    let [sqlite, postgres] = ENGINES.map(schema);
    let findings: Vec<String> =
        sqlite.symmetric_difference(&postgres).map(|column| format!("only in one engine: {column}")).collect();
    report("The migrations of both engines yield the same tables and columns:", &findings);
}

#[test]
fn only_contract_migrations_take_away() {
    let mut findings = Vec::new();
    for migration in migrations().iter().filter(|m| m.forward && !m.name.contains("contract_")) {
        let text = sql::without_comments(&migration.file.text).to_uppercase();
        let statements = text.split(';').filter(|statement| takes_away(statement));
        findings.extend(
            statements
                .map(|s| format!("{}: {}", migration.file.path, s.split_whitespace().collect::<Vec<_>>().join(" "))),
        );
    }
    report(
        "DROP, RENAME and NOT NULL without default break an older binary that still runs; they belong in contract_*:",
        &findings,
    );
}

fn takes_away(statement: &str) -> bool {
    let words: Vec<&str> = statement.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let has = |word: &str| words.contains(&word);
    let tightens =
        words.first().or(words.get(1)).is_some() && has("ALTER") && has("NOT") && has("NULL") && !has("DEFAULT");
    has("DROP") || has("RENAME") || tightens
}

#[test]
fn postgres_text_sorts_like_sqlite_text() {
    let mut findings = Vec::new();
    for migration in migrations().iter().filter(|m| m.engine == "postgres" && m.forward) {
        let text = sql::without_comments(&migration.file.text);
        let columns =
            text.split(';').flat_map(text_columns).map(|column| format!("{}: {}", migration.file.path, column.trim()));
        findings.extend(columns);
    }
    report("Every PostgreSQL text column is COLLATE \"C\", so that both engines order and page alike:", &findings);
}

/// The column definitions of type TEXT that lack the collation.
fn text_columns(statement: &str) -> Vec<&str> {
    let upper = statement.to_uppercase();
    let defines = upper.contains("CREATE") && upper.contains("TABLE") || upper.contains("ADD COLUMN");
    let body = statement.split_once('(').map_or(statement, |(_, body)| body);
    let columns = sql::entries(body).into_iter().filter(|entry| {
        let words: Vec<String> = entry.split_whitespace().map(str::to_uppercase).collect();
        let type_at = words.iter().position(|w| w == "COLUMN").map_or(1, |column| column + 2);
        words.get(type_at).is_some_and(|word| word.trim_end_matches(')') == "TEXT") && !entry.contains("COLLATE \"C\"")
    });
    if defines { columns.collect() } else { Vec::new() }
}

#[test]
fn the_rules_see_what_they_forbid() {
    assert!(takes_away("DROP TABLE A"));
    assert!(takes_away("ALTER TABLE A ADD COLUMN B BIGINT NOT NULL"));
    assert!(!takes_away("ALTER TABLE A ADD COLUMN B BIGINT NOT NULL DEFAULT 0"));
    assert_eq!(text_columns("CREATE TABLE a (id TEXT NOT NULL, b TEXT COLLATE \"C\")"), ["id TEXT NOT NULL"]);
}
