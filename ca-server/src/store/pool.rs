//! Threads that each own one connection and take calls from one queue: SQLite's readers, and everything on PostgreSQL.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::connection::Connection;
use super::error::StoreError;
use super::work::Work;

/// Makes a connection on the thread that will use it.
pub(crate) type Connect = Arc<dyn Fn() -> Result<Connection, StoreError> + Send + Sync>;

/// A closure and how it is to be run.
pub(crate) enum Call {
    /// Statement by statement, without a transaction.
    Read(Box<dyn Work>),
    /// In one transaction.
    Write(Box<dyn Work>),
}

/// Calls that wait for a free thread.
#[derive(Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    arrival: Condvar,
}

#[derive(Default)]
struct Waiting {
    calls: VecDeque<Call>,
    closed: bool,
}

impl Queue {
    /// Adds a call. After [`Queue::close`] it is dropped, and its caller told so by the closed channel.
    pub(crate) fn push(&self, call: Call) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.closed {
            waiting.calls.push_back(call);
            self.arrival.notify_one();
        }
    }

    /// Lets the threads finish what waits, and end.
    pub(crate) fn close(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.arrival.notify_all();
    }

    fn next(&self) -> Option<Call> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match waiting.calls.pop_front() {
                Some(call) => return Some(call),
                None if waiting.closed => return None,
                None => waiting = self.arrival.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// Starts `threads` threads over `queue`. Each connects when it gets its first call.
pub(crate) fn start(threads: usize, queue: &Arc<Queue>, connect: &Connect) -> io::Result<Vec<JoinHandle<()>>> {
    (0..threads.max(1))
        .map(|number| {
            let (queue, connect) = (Arc::clone(queue), Arc::clone(connect));
            thread::Builder::new().name(format!("database-{number}")).spawn(move || serve(&queue, &connect))
        })
        .collect()
}

fn serve(queue: &Queue, connect: &Connect) {
    let mut held = None;
    while let Some(call) = queue.next() {
        let abandoned = match &call {
            Call::Read(work) | Call::Write(work) => work.is_abandoned(),
        };
        if !abandoned {
            held = answer(call, held, connect);
        }
    }
}

/// A transaction that the engine undid in favour of others is begun again so often.
const MOST_REPETITIONS: u32 = 3;

/// Pause before the first repetition; the next ones are twice and three times as long.
const PAUSE: Duration = Duration::from_millis(20);

/// Runs a call, once more if its connection turns out to have died since it was last used, a few times if the engine asks for
/// a repetition, and answers it. Gives the connection back if it is still good.
fn answer(mut call: Call, mut held: Option<Connection>, connect: &Connect) -> Option<Connection> {
    let (mut reconnected, mut repetitions) = (false, 0);
    loop {
        let fresh = held.is_none();
        let mut connection = match held.take().map_or_else(|| connect(), Ok) {
            Ok(connection) => connection,
            Err(error) => return finish(call, Some(error), None),
        };
        match run(&mut call, &mut connection) {
            Ok(()) => return finish(call, None, Some(connection)),
            Err(Failure::Stale(_)) if !fresh && !reconnected => reconnected = true,
            Err(Failure::Overtaken(_)) if repetitions < MOST_REPETITIONS => {
                repetitions += 1;
                make_way(repetitions);
                held = Some(connection);
            }
            Err(Failure::Stale(error) | Failure::Broken(error)) => return finish(call, Some(error), None),
            Err(Failure::Overtaken(error) | Failure::Refused(error)) => {
                return finish(call, Some(error), Some(connection));
            }
        }
    }
}

/// Whoever was undone and begins again at once can take a row before the one in whose favour it was undone has woken up, and
/// be in its way again.
fn make_way(repetitions: u32) {
    let (_sender, nothing) = mpsc::channel::<()>();
    let _ = nothing.recv_timeout(PAUSE * repetitions);
}

fn finish(call: Call, failure: Option<StoreError>, kept: Option<Connection>) -> Option<Connection> {
    match call {
        Call::Read(work) | Call::Write(work) => work.answer(failure),
    }
    kept
}

/// Why a call did not succeed, by what follows for the connection and for another attempt.
enum Failure {
    /// The connection is dead and nothing was stored: another connection may do.
    Stale(StoreError),
    /// The engine undid the transaction in favour of another one.
    Overtaken(StoreError),
    /// The connection is as good as before; the same call would fail again.
    Refused(StoreError),
    /// The connection is dead or in doubt, and the call must not be repeated.
    Broken(StoreError),
}

fn run(call: &mut Call, connection: &mut Connection) -> Result<(), Failure> {
    match call {
        Call::Read(work) => work.run(connection).map_err(|error| judge(error, connection)),
        Call::Write(work) => run_in_transaction(work.as_mut(), connection),
    }
}

fn run_in_transaction(work: &mut dyn Work, connection: &mut Connection) -> Result<(), Failure> {
    connection.begin().map_err(|error| judge(error.into(), connection))?;
    match work.run(connection) {
        Ok(()) => commit(connection),
        Err(error) => match connection.roll_back() {
            Ok(()) => Err(judge(error, connection)),
            Err(undo) => Err(Failure::Stale(StoreError::connection_lost(undo))),
        },
    }
}

/// A commit whose answer never came may have happened, so it is not repeated.
fn commit(connection: &mut Connection) -> Result<(), Failure> {
    let Err(error) = connection.commit() else { return Ok(()) };
    if connection.roll_back().is_ok() {
        return Err(judge(error.into(), connection));
    }
    Err(Failure::Broken(StoreError::OutcomeUnknown(Arc::new(error))))
}

fn judge(error: StoreError, connection: &mut Connection) -> Failure {
    match error {
        StoreError::Panicked => Failure::Broken(error),
        StoreError::Overtaken(_) => Failure::Overtaken(error),
        // A server that is being stopped refuses a statement before it closes the connection.
        StoreError::Refused(cause) | StoreError::Unavailable { source: Some(cause), .. } if !connection.is_alive() => {
            Failure::Stale(StoreError::unavailable("the connection to the server was lost", Some(cause)))
        }
        _ => Failure::Refused(error),
    }
}
