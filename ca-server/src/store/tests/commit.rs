//! Transactions: what is answered is stored, what fails leaves nothing, and nobody suffers for another's failure.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use diesel::prelude::*;

use crate::store::connection::{Connection, on_each};
use crate::store::error::{StoreError, UniqueKey};
use crate::store::location::Location;
use crate::store::nearby::Nearby;
use crate::store::schema::installation as table;
use crate::store::testing::{TestStore, on_both_engines, sqlite};
use crate::store::{Store, sqlite as file, work, writer};

on_both_engines! {
    a_failing_write_leaves_nothing,
    a_swallowed_failure_does_not_count_as_success,
    a_panicking_write_is_undone_and_the_next_one_works,
    many_writes_at_once_all_arrive,
    a_closed_store_says_so,
    a_look_up_sees_what_was_answered_as_stored,
    a_look_up_that_fails_says_why_and_the_next_one_works,
}

fn add(id: &str) -> impl FnMut(&mut Connection) -> Result<(), StoreError> + Send + 'static {
    let id = id.to_owned();
    move |c| {
        let row = (table::id.eq(&id), table::name.eq("n"), table::created_at.eq(0_i64));
        on_each!(c, |c| diesel::insert_into(table::table).values(row).execute(c))?;
        Ok(())
    }
}

async fn stored(store: &Store) -> Vec<String> {
    store.read(|c| Ok(on_each!(c, |c| table::table.select(table::id).order(table::id).load(c))?)).await.unwrap()
}

async fn a_failing_write_leaves_nothing(store: TestStore) {
    let failed: Result<(), _> = store
        .write(|c| {
            add("a")(c)?;
            Err(StoreError::Configuration("on purpose".into()))
        })
        .await;
    assert!(matches!(failed, Err(StoreError::Configuration(_))));
    store.write(add("b")).await.unwrap();
    let twice = store.write(add("b")).await;
    assert!(matches!(twice, Err(StoreError::Conflict(UniqueKey::Other))), "{twice:?}");
    assert_eq!(stored(&store).await, ["b"]);
}

/// On PostgreSQL a refused statement spoils the transaction; a closure that goes on regardless must not hear "stored".
async fn a_swallowed_failure_does_not_count_as_success(store: TestStore) {
    store.write(add("a")).await.unwrap();
    let answer = store
        .write(|c| {
            add("b")(c)?;
            drop(add("a")(c));
            Ok(())
        })
        .await;
    let rows = stored(&store).await;
    assert_eq!(answer.is_ok(), rows == ["a", "b"], "{answer:?} {rows:?}");
    store.write(add("c")).await.unwrap();
}

async fn a_panicking_write_is_undone_and_the_next_one_works(store: TestStore) {
    let panicked: Result<(), _> = store
        .write(|c| {
            add("a")(c)?;
            panic!("on purpose")
        })
        .await;
    assert!(matches!(panicked, Err(StoreError::Panicked)));
    store.write(add("b")).await.unwrap();
    assert_eq!(stored(&store).await, ["b"]);
}

async fn many_writes_at_once_all_arrive(store: TestStore) {
    let writes = (0..200).map(|number| {
        let store = store.store.clone();
        tokio::spawn(async move { store.write(add(&format!("{number:03}"))).await })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap().unwrap();
    }
    assert_eq!(stored(&store).await.len(), 200);
}

async fn a_closed_store_says_so(store: TestStore) {
    store.close().await;
    assert!(matches!(store.write(add("a")).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(store.read(|_| Ok(())).await, Err(StoreError::Unavailable { .. })));
}

type Closure = Box<dyn FnMut(&mut Connection) -> Result<(), StoreError> + Send>;
type Answers = Vec<Result<(), StoreError>>;

/// Runs closures as one batch of the writer and collects their answers.
fn one_batch(path: PathBuf, closures: Vec<Closure>) -> Answers {
    let (sender, queue) = mpsc::channel();
    let answers: Vec<_> = closures
        .into_iter()
        .map(|closure| {
            let (work, answer) = work::enclose(closure);
            sender.send(work).unwrap();
            answer
        })
        .collect();
    drop(sender);
    writer::run(&path, &queue);
    answers.into_iter().map(|answer| answer.blocking_recv().unwrap()).collect()
}

fn path_of(store: &TestStore) -> PathBuf {
    match &store.config.location {
        Location::Sqlite(path) => path.clone(),
        Location::Postgres(url) => panic!("{url}"),
    }
}

#[tokio::test]
async fn a_failure_inside_a_batch_is_its_own_only() {
    let store = sqlite().await;
    let path = path_of(&store);
    let batch = || -> Answers {
        one_batch(
            path,
            vec![
                Box::new(add("a")),
                Box::new(|c| {
                    add("b")(c)?;
                    Err(StoreError::Configuration("on purpose".into()))
                }),
                Box::new(add("a")),
                Box::new(|_| panic!("on purpose")),
                Box::new(add("c")),
            ],
        )
    };
    let answers = std::thread::spawn(batch).join().unwrap();
    assert!(answers[0].is_ok() && answers[4].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(StoreError::Configuration(_))), "{answers:?}");
    assert!(matches!(answers[2], Err(StoreError::Conflict(_))), "{answers:?}");
    assert!(matches!(answers[3], Err(StoreError::Panicked)), "{answers:?}");
    assert_eq!(stored(&store).await, ["a", "c"]);
}

/// SQLite undoes the whole transaction when the disk is full, so all of the batch hears of it, and the next batch works.
#[tokio::test]
async fn a_full_disk_fails_the_whole_batch_and_loses_nothing_stored() {
    let store = sqlite().await;
    store.write(add("before")).await.unwrap();
    let path = path_of(&store);
    let fill = |c: &mut Connection| {
        c.batch_execute("PRAGMA max_page_count = 1")?;
        let big = "x".repeat(100_000);
        let row = (table::id.eq("big"), table::name.eq(big), table::created_at.eq(0_i64));
        on_each!(c, |c| diesel::insert_into(table::table).values(row).execute(c))?;
        Ok(())
    };
    let batch = move || one_batch(path, vec![Box::new(add("a")), Box::new(fill), Box::new(add("b"))]);
    let answers = std::thread::spawn(batch).join().unwrap();
    assert!(answers.iter().all(|answer| matches!(answer, Err(StoreError::Full(_)))), "{answers:?}");
    assert_eq!(stored(&store).await, ["before"]);
    store.write(add("after")).await.unwrap();
    assert_eq!(stored(&store).await, ["after", "before"]);
}

/// A deferred foreign key is checked by COMMIT, which makes it fail here.
#[tokio::test]
async fn a_failed_commit_is_the_answer_to_every_write_of_the_batch() {
    let store = sqlite().await;
    let path = path_of(&store);
    let dangling = |c: &mut Connection| {
        Ok(c.batch_execute(
            "PRAGMA defer_foreign_keys = ON; INSERT INTO acme_order_authorization VALUES ('none', 0, 'none')",
        )?)
    };
    let batch = move || one_batch(path, vec![Box::new(add("a")), Box::new(dangling), Box::new(add("b"))]);
    let answers = std::thread::spawn(batch).join().unwrap();
    assert!(answers.iter().all(Result::is_err), "{answers:?}");
    assert_eq!(stored(&store).await, Vec::<String>::new());
    store.write(add("after")).await.unwrap();
}

#[tokio::test]
async fn a_reader_of_sqlite_cannot_write() {
    let store = sqlite().await;
    assert!(matches!(store.read(add("a")).await, Err(StoreError::Unavailable { .. })));
}

/// The command line writes while the server holds the file, and the other way round: both wait.
#[tokio::test]
async fn another_process_that_writes_is_waited_for() {
    let store = sqlite().await;
    let other = Store::open(&store.config).await.unwrap();
    let (started, has_started) = tokio::sync::oneshot::channel();
    let (mut started, (_hold, held)) = (Some(started), mpsc::channel::<()>());
    let slow = tokio::spawn(async move {
        other
            .write(move |c| {
                add("slow")(c)?;
                let _ = started.take().map(|started| started.send(()));
                let _ = held.recv_timeout(Duration::from_millis(300));
                Ok(())
            })
            .await
    });
    has_started.await.unwrap();
    store.write(add("quick")).await.unwrap();
    slow.await.unwrap().unwrap();
    assert_eq!(stored(&store).await, ["quick", "slow"]);
}

async fn looked_up(store: &Store) -> Result<Vec<String>, StoreError> {
    store.look_up(|c| Ok(on_each!(c, |c| table::table.select(table::id).order(table::id).load(c))?)).await
}

async fn a_look_up_sees_what_was_answered_as_stored(store: TestStore) {
    for number in 0..20 {
        store.write(add(&format!("{number:02}"))).await.unwrap();
        assert_eq!(looked_up(&store).await.unwrap().len(), number + 1);
    }
    store.close().await;
    assert!(matches!(looked_up(&store).await, Err(StoreError::Unavailable { .. })));
}

async fn a_look_up_that_fails_says_why_and_the_next_one_works(store: TestStore) {
    store.write(add("a")).await.unwrap();
    let refused: Result<(), _> = store.look_up(|_| Err(StoreError::Configuration("on purpose".into()))).await;
    assert!(matches!(refused, Err(StoreError::Configuration(_))), "{refused:?}");
    let panicked: Result<(), _> = store.look_up(|_| panic!("on purpose")).await;
    assert!(matches!(panicked, Err(StoreError::Panicked)), "{panicked:?}");
    let written = store.look_up(|c| add("b")(c)).await;
    if matches!(store.config.location, Location::Sqlite(_)) {
        assert!(written.is_err(), "what looks up cannot write");
        assert_eq!(looked_up(&store).await.unwrap(), ["a"]);
    }
}

/// The thread that looks up serves everybody, so it does not wait.
#[tokio::test]
async fn a_look_up_leaves_what_is_locked_to_a_reader() {
    let store = sqlite().await;
    store.write(add("a")).await.unwrap();
    let path = path_of(&store);
    store.close().await;
    let count =
        |c: &mut Connection| -> Result<i64, StoreError> { Ok(on_each!(c, |c| table::table.count().get_result(c))?) };
    let nearby = Nearby::new(path.clone());
    assert_eq!(nearby.look_up(&mut { count }), Some(1));
    nearby.close();
    assert_eq!(nearby.look_up(&mut { count }), None);
    let mut owner = file::open_writer(&path).unwrap();
    owner.batch_execute("PRAGMA locking_mode = EXCLUSIVE").unwrap();
    add("b")(&mut owner).unwrap();
    let (answer, answered) = mpsc::channel();
    std::thread::spawn(move || answer.send(Nearby::new(path).look_up(&mut { count })));
    assert_eq!(answered.recv_timeout(Duration::from_secs(20)), Ok(None));
}
