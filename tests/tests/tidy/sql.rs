//! Just enough SQL to compare two engines' migrations: statements, tables, columns.

use std::collections::{BTreeMap, BTreeSet};

/// `text` without `--` comments and without `/* */` comments.
pub(crate) fn without_comments(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code)).collect();
    let mut rest = lines.join("\n");
    while let Some(start) = rest.find("/*") {
        let end = rest[start..].find("*/").map_or(rest.len(), |offset| start + offset + 2);
        rest.replace_range(start..end, " ");
    }
    rest
}

/// Tables and their columns, as `CREATE TABLE` and `ALTER TABLE ... ADD COLUMN` make them.
pub(crate) fn tables(sql: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for statement in without_comments(sql).split(';') {
        if let Some((name, body)) = created_table(statement) {
            tables.entry(name).or_default().extend(columns(body));
        } else if let Some((name, column)) = added_column(statement) {
            tables.entry(name).or_default().insert(column);
        }
    }
    tables
}

fn created_table(statement: &str) -> Option<(String, &str)> {
    let (head, body) = statement.split_once('(')?;
    let words: Vec<String> = head.split_whitespace().map(str::to_lowercase).collect();
    let table =
        words.iter().position(|word| word == "table").filter(|_| words.first().is_some_and(|w| w == "create"))?;
    let name = words[table + 1..].iter().find(|word| !["if", "not", "exists"].contains(&word.as_str()))?;
    Some((unquoted(name), body.rsplit_once(')')?.0))
}

fn added_column(statement: &str) -> Option<(String, String)> {
    let words: Vec<String> = statement.split_whitespace().map(str::to_lowercase).collect();
    let column = words.iter().position(|word| word == "column")?;
    let altered = words.starts_with(&["alter".into(), "table".into()]) && words[column - 1] == "add";
    altered.then(|| Some((unquoted(words.get(2)?), unquoted(words.get(column + 1)?))))?
}

/// The entries between a table's parentheses that are columns.
fn columns(body: &str) -> impl Iterator<Item = String> + '_ {
    const CONSTRAINTS: [&str; 6] = ["primary", "unique", "constraint", "check", "foreign", "exclude"];
    let firsts = entries(body).into_iter().filter_map(|entry| entry.split_whitespace().next().map(unquoted));
    firsts.filter(|word| !CONSTRAINTS.iter().any(|c| word == c || word.starts_with(&format!("{c}("))))
}

/// A table body split at its top-level commas.
pub(crate) fn entries(body: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&body[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&body[start..]);
    parts
}

fn unquoted(name: &str) -> String {
    name.trim_matches('"').to_lowercase()
}

#[test]
fn tables_and_columns_are_read() {
    let sql = "-- x\nCREATE TABLE IF NOT EXISTS a (id TEXT COLLATE \"C\" PRIMARY KEY, n BIGINT CHECK (n IN (1, 2)), UNIQUE (id, n));\n\
               ALTER TABLE a ADD COLUMN m BIGINT;";
    let read = tables(sql);
    assert_eq!(read["a"].iter().map(String::as_str).collect::<Vec<_>>(), ["id", "m", "n"]);
}
