//! Every search enters by an index and walks no further than it must: what the engines say that they would do.
//!
//! SQLite plans without knowing how much there is. PostgreSQL would rather walk through a small table and sort it, so both
//! are made expensive; a plan that does it all the same has no index to enter by.

use std::sync::{Arc, Mutex};

use diesel::connection::{Connection as _, InstrumentationEvent};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::acme::at;
use super::search::{fill, filters};
use crate::store::certificate_search::{Bounds, Direction, Page, Sort, search_within};
use crate::store::connection::{Engine, on_each};
use crate::store::testing::{self, TestStore};
use crate::store::{Connection, StoreError, certificate_lineage};

type Seen = Arc<Mutex<Vec<String>>>;

/// Keeps the text of every statement from now on.
fn observe(connection: &mut Connection) -> Seen {
    let seen = Seen::default();
    let kept = Arc::clone(&seen);
    let observe = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let statement = text.split("-- binds").next().unwrap_or_default().trim().to_owned();
            kept.lock().unwrap().push(statement);
        }
    };
    on_each!(connection, |c| c.set_instrumentation(observe));
    seen
}

/// The statements of every search in every order, both ways.
fn statements(c: &mut Connection) -> Result<Vec<String>, StoreError> {
    let seen = observe(c);
    let now = at(1_808_640_000);
    for (filter, _) in filters() {
        for sort in [Sort::Newest, Sort::Oldest, Sort::FirstToEnd, Sort::LastToEnd] {
            for few in [-1, 1_000] {
                let bounds = Bounds { few, window: 8, counted: 5 };
                let first = search_within(c, &filter, &Page::first(sort, 3), now, bounds)?;
                for direction in [Direction::Forward, Direction::Backward] {
                    let page = Page { from: first.after, direction, ..Page::first(sort, 3) };
                    search_within(c, &filter, &page, now, bounds)?;
                }
                for record in &first.records {
                    certificate_lineage::of(c, record)?;
                    certificate_lineage::of_key(c, record.spki_sha256, record.id, 5)?;
                }
            }
        }
    }
    on_each!(c, |c| c.set_instrumentation(None::<fn(InstrumentationEvent<'_>)>));
    let mut all = seen.lock().unwrap().clone();
    all.retain(|statement| statement.starts_with("SELECT") && statement.contains("certificate"));
    all.sort();
    all.dedup();
    Ok(all)
}

#[derive(QueryableByName)]
struct SqliteLine {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[tokio::test]
async fn on_sqlite() {
    let store = testing::sqlite().await;
    fill(&store, 1..40).await;
    let findings = store
        .read(|c| {
            let mut findings = Vec::new();
            let all = statements(c)?;
            assert!(all.len() > 200, "{}", all.len());
            for statement in all {
                let Engine::Sqlite(engine) = &mut c.0 else { panic!() };
                let explained = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"));
                let lines: Vec<SqliteLine> = explained.load(engine.as_mut())?;
                let lines: Vec<String> = lines.into_iter().map(|line| line.detail).collect();
                if let Some(fault) = fault_on_sqlite(&statement, &lines) {
                    findings.push(format!("{fault}\n  {statement}\n  {lines:?}"));
                }
            }
            Ok(findings)
        })
        .await
        .unwrap();
    assert!(findings.is_empty(), "{} of them:\n{}", findings.len(), findings.join("\n"));
}

fn fault_on_sqlite(statement: &str, lines: &[String]) -> Option<&'static str> {
    // A condition that holds for no row ends the query before its first step.
    if statement.contains("(1=0)") {
        return None;
    }
    let passes_over = statement.contains("+`certificate`") || statement.contains(" LIKE ");
    let tables = lines.iter().filter(|line| line.contains("certificate"));
    for line in tables {
        if line.starts_with("SCAN") && !line.contains("INDEX") {
            return Some("the table is walked through");
        }
        if line.starts_with("SCAN") && passes_over {
            return Some("an index is walked through to its end");
        }
    }
    // Only what is named one by one is sorted.
    let sorts = lines.iter().any(|line| line.contains("TEMP B-TREE"));
    (sorts && !statement.contains(" IN (")).then_some("what was found is sorted")
}

#[derive(QueryableByName)]
struct PostgresLine {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    plan: String,
}

#[tokio::test]
async fn on_postgres() {
    let store = testing::postgres().await;
    fill(&store, 1..40).await;
    let findings = store
        .read(|c| {
            let mut findings = Vec::new();
            let all = statements(c)?;
            c.batch_execute(
                "ANALYZE; SET enable_seqscan = off; SET enable_sort = off; SET plan_cache_mode = force_generic_plan",
            )?;
            for (number, statement) in all.iter().enumerate() {
                let plan = explain(c, number, statement)?;
                if let Some(fault) = fault_on_postgres(statement, &plan) {
                    findings.push(format!("{fault}\n  {statement}\n{plan}"));
                }
            }
            Ok(findings)
        })
        .await
        .unwrap();
    assert!(findings.is_empty(), "{} of them:\n{}", findings.len(), findings.join("\n"));
}

fn explain(c: &mut Connection, number: usize, statement: &str) -> Result<String, StoreError> {
    let parameters = (1..).take_while(|n| statement.contains(&format!("${n}"))).count();
    let values = vec!["NULL"; parameters].join(", ");
    let values = if parameters == 0 { String::new() } else { format!("({values})") };
    c.batch_execute(&format!("PREPARE explained{number} AS {statement}"))?;
    let Engine::Postgres(engine) = &mut c.0 else { panic!() };
    let lines: Vec<PostgresLine> =
        diesel::sql_query(format!("EXPLAIN EXECUTE explained{number}{values}")).load(engine.as_mut())?;
    Ok(lines.into_iter().map(|line| line.plan).collect::<Vec<_>>().join("\n"))
}

fn fault_on_postgres(statement: &str, plan: &str) -> Option<&'static str> {
    if plan.contains("Seq Scan on certificate") {
        return Some("the table is walked through");
    }
    // Only what is named one by one is sorted.
    (plan.contains("Sort") && !statement.contains("ANY(")).then_some("what was found is sorted")
}

#[tokio::test]
async fn the_history_of_a_thing_is_found_by_its_name() {
    let store: TestStore = testing::sqlite().await;
    let read = |c: &mut Connection| {
        let seen = observe(c);
        crate::store::audit_event::of_object(c, "certificate issuing/01", 5)?;
        let statement = seen.lock().unwrap().last().cloned().unwrap_or_default();
        let Engine::Sqlite(engine) = &mut c.0 else { panic!() };
        let lines: Vec<SqliteLine> =
            diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(engine.as_mut())?;
        Ok(lines.into_iter().map(|line| line.detail).collect::<Vec<_>>())
    };
    let lines = store.read(read).await.unwrap();
    assert!(lines.iter().any(|line| line.contains("audit_event_object")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("TEMP B-TREE")), "{lines:?}");
}
