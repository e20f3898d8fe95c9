//! Group commit: one thread writes to SQLite, and writes that wait together are flushed to the disk together.

use std::path::Path;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use super::connection::Connection;
use super::error::StoreError;
use super::sqlite;
use super::work::Work;

/// Most writes in one commit.
const LARGEST_BATCH: usize = 64;

/// How long the writer waits for one more write, and only while the batch before held several: a lone client never
/// waits, and among many the pause is shorter than the flush it saves.
const GATHERING: Duration = Duration::from_micros(300);

/// Serves writes until every sender is gone.
pub(crate) fn run(path: &Path, queue: &Receiver<Box<dyn Work>>) {
    let mut connection = None;
    let mut crowded = false;
    while let Some(batch) = next_batch(queue, crowded) {
        crowded = batch.len() > 1;
        connection = write_batch(path, connection, batch);
    }
}

fn next_batch(queue: &Receiver<Box<dyn Work>>, crowded: bool) -> Option<Vec<Box<dyn Work>>> {
    let mut batch = vec![queue.recv().ok()?];
    batch.extend(queue.try_iter().take(LARGEST_BATCH - 1));
    let mut more = crowded;
    while more && batch.len() < LARGEST_BATCH {
        // Not in `recv`, where each write would wake this thread.
        thread::park_timeout(GATHERING);
        let before = batch.len();
        batch.extend(queue.try_iter().take(LARGEST_BATCH - before));
        more = batch.len() > before;
    }
    Some(batch)
}

/// Writes a batch and answers it. Gives the connection back unless something went wrong with the transaction itself;
/// then the next batch starts on a new one, whose state is known.
fn write_batch(path: &Path, held: Option<Connection>, mut batch: Vec<Box<dyn Work>>) -> Option<Connection> {
    let mut connection = match held.map_or_else(|| sqlite::open_writer(path), Ok) {
        Ok(connection) => connection,
        Err(error) => return answer_all(batch, Some(error), None),
    };
    match commit(&mut connection, &mut batch) {
        Ok(()) => answer_all(batch, None, Some(connection)),
        Err(error) => {
            tracing::error!(%error, writes = batch.len(), "a commit failed; nothing of it is stored");
            answer_all(batch, Some(error), None)
        }
    }
}

fn answer_all(batch: Vec<Box<dyn Work>>, failure: Option<StoreError>, kept: Option<Connection>) -> Option<Connection> {
    for work in batch {
        work.answer(failure.clone());
    }
    kept
}

/// One transaction for the whole batch, without savepoints: each would copy every page it touches that another write of
/// the batch touched before, and hardly ever is a write refused. When one is, all run again, each for itself.
fn commit(connection: &mut Connection, batch: &mut [Box<dyn Work>]) -> Result<(), StoreError> {
    connection.begin()?;
    let Err(refusal) = batch.iter_mut().try_for_each(|work| work.run(connection)) else {
        return Ok(connection.commit()?);
    };
    let alone = batch.len() == 1;
    match connection.roll_back() {
        Ok(()) if alone => Ok(()),
        Ok(()) => commit_each(connection, batch),
        // Something undid the transaction already, as SQLite does when the disk is full.
        Err(_) => Err(refusal),
    }
}

/// The same with a savepoint around each write, so that a refused one takes nothing else with it.
fn commit_each(connection: &mut Connection, batch: &mut [Box<dyn Work>]) -> Result<(), StoreError> {
    connection.begin()?;
    for work in batch {
        run_in_savepoint(connection, work.as_mut())?;
    }
    Ok(connection.commit()?)
}

/// Only what makes the whole transaction unusable is an error here: SQLite undoes it all by itself when the disk is
/// full, and then the savepoint is gone.
fn run_in_savepoint(connection: &mut Connection, work: &mut dyn Work) -> Result<(), StoreError> {
    connection.begin()?;
    match work.run(connection) {
        Ok(()) => Ok(connection.commit()?),
        Err(error) => connection.roll_back().map_err(|_| error),
    }
}
