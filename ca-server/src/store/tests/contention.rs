//! PostgreSQL transactions that get in each other's way, and statements that take too long.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::store::connection::{Connection, on_each};
use crate::store::error::StoreError;
use crate::store::schema::installation as table;
use crate::store::testing::{TestStore, postgres};

async fn two_rows() -> TestStore {
    let store = postgres().await;
    let rows = |c: &mut Connection| {
        Ok(c.batch_execute("INSERT INTO installation (id, name, created_at) VALUES ('a', '', 0), ('b', '', 0)")?)
    };
    store.write(rows).await.unwrap();
    store
}

fn rename(connection: &mut Connection, id: &str, name: &str) -> Result<(), StoreError> {
    let update = diesel::update(table::table.filter(table::id.eq(id))).set(table::name.eq(name));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

async fn names(store: &TestStore) -> Vec<String> {
    store.read(|c| Ok(on_each!(c, |c| table::table.select(table::name).order(table::id).load(c))?)).await.unwrap()
}

/// Renames two rows, and waits between them until another writer has got as far, the first time.
fn crossing(
    rows: [&'static str; 2],
    meeting: &Arc<Barrier>,
    runs: &Arc<AtomicUsize>,
) -> impl FnMut(&mut Connection) -> Result<(), StoreError> + Send + 'static {
    let (meeting, runs, mut first) = (Arc::clone(meeting), Arc::clone(runs), true);
    move |c| {
        runs.fetch_add(1, Ordering::SeqCst);
        rename(c, rows[0], rows[0])?;
        if std::mem::replace(&mut first, false) {
            meeting.wait();
        }
        rename(c, rows[1], rows[0])
    }
}

#[tokio::test]
async fn the_victim_of_a_deadlock_is_run_again() {
    let store = two_rows().await;
    let (meeting, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let one = store.write(crossing(["a", "b"], &meeting, &runs));
    let other = store.write(crossing(["b", "a"], &meeting, &runs));
    let (one, other) = tokio::join!(one, other);
    one.unwrap();
    other.unwrap();
    assert!(runs.load(Ordering::SeqCst) >= 3, "one of the two ran again");
    let names = names(&store).await;
    assert!(names == ["a", "a"] || names == ["b", "b"], "each wrote both rows: {names:?}");
}

/// A writer whose snapshot another one overtakes in its first `times` runs.
fn overtaken(
    store: &TestStore,
    times: usize,
    runs: &Arc<AtomicUsize>,
) -> impl FnMut(&mut Connection) -> Result<(), StoreError> + Send + 'static {
    let (other, runtime, runs) = (store.store.clone(), tokio::runtime::Handle::current(), Arc::clone(runs));
    move |c| {
        let run = runs.fetch_add(1, Ordering::SeqCst);
        c.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT name FROM installation")?;
        if run < times {
            // On a thread of its own: this one drives a connection already.
            let (other, runtime) = (other.clone(), runtime.clone());
            std::thread::spawn(move || runtime.block_on(other.write(|c| rename(c, "a", "other")))).join().unwrap()?;
        }
        rename(c, "a", "late")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_overtaken_is_run_again_but_not_for_ever() {
    let store = two_rows().await;
    let runs = Arc::new(AtomicUsize::new(0));
    store.write(overtaken(&store, 1, &runs)).await.unwrap();
    assert_eq!(runs.swap(0, Ordering::SeqCst), 2);
    assert_eq!(names(&store).await, ["late", ""]);
    let refusal = store.write(overtaken(&store, 4, &runs)).await.unwrap_err();
    assert!(matches!(refusal, StoreError::Overtaken(_)) && refusal.is_transient(), "{refusal:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 4);
    assert_eq!(names(&store).await, ["other", ""]);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    let store = two_rows().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let slow = move |c: &mut Connection| {
        counted.fetch_add(1, Ordering::SeqCst);
        rename(c, "a", "slow")?;
        Ok(c.batch_execute("SET LOCAL statement_timeout = '50ms'; SELECT pg_sleep(20)")?)
    };
    let refusal = store.write(slow).await.unwrap_err();
    assert!(refusal.to_string().contains("took too long") && refusal.is_transient(), "{refusal}");
    assert_eq!(runs.load(Ordering::SeqCst), 1, "what took too long is not begun again");
    assert_eq!(names(&store).await, ["", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_held_too_long_is_given_up() {
    let store = two_rows().await;
    let (held, release) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (holding, leaving) = (Arc::clone(&held), Arc::clone(&release));
    let holder = store.store.clone();
    let holder = tokio::spawn(async move {
        let hold = move |c: &mut Connection| {
            rename(c, "a", "held")?;
            holding.wait();
            leaving.wait();
            Ok(())
        };
        holder.write(hold).await
    });
    tokio::task::spawn_blocking(move || held.wait()).await.unwrap();
    let waiting = |c: &mut Connection| {
        c.batch_execute("SET LOCAL lock_timeout = '50ms'")?;
        rename(c, "a", "late")
    };
    let refusal = store.write(waiting).await.unwrap_err();
    assert!(refusal.to_string().contains("took too long") && refusal.is_transient(), "{refusal}");
    tokio::task::spawn_blocking(move || release.wait()).await.unwrap();
    holder.await.unwrap().unwrap();
    assert_eq!(names(&store).await, ["held", ""]);
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

fn setting(connection: &mut Connection, name: &str) -> Result<String, StoreError> {
    let query = format!("SELECT current_setting('{name}') AS value");
    let row: Setting = on_each!(connection, |c| diesel::sql_query(query).get_result(c))?;
    Ok(row.value)
}

#[tokio::test]
async fn every_session_has_its_limits_and_speaks_english() {
    let store = postgres().await;
    for (name, value) in [
        ("statement_timeout", "30s"),
        ("lock_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("default_transaction_isolation", "read committed"),
        ("synchronous_commit", "on"),
        ("lc_messages", "C"),
    ] {
        assert_eq!(store.read(move |c| setting(c, name)).await.unwrap(), value, "{name}");
    }
}
