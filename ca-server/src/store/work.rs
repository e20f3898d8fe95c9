//! A closure on its way to a database thread, and its answer on the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::connection::Connection;
use super::error::StoreError;

/// A closure whose result type has been forgotten, so that closures of many callers can share a queue and a commit.
pub(crate) trait Work: Send {
    /// Runs the closure and keeps its result. It may run again if its transaction was undone.
    ///
    /// # Errors
    /// A copy of the closure's own error, which tells the caller to undo its transaction.
    fn run(&mut self, connection: &mut Connection) -> Result<(), StoreError>;

    /// Sends the kept result to whoever waits, or `failure` if the transaction around it brought one.
    fn answer(self: Box<Self>, failure: Option<StoreError>);

    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
}

struct Task<F, T> {
    closure: F,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
}

/// Wraps a closure for a queue; the receiver yields its result.
pub(crate) fn enclose<F, T>(closure: F) -> (Box<dyn Work>, oneshot::Receiver<Result<T, StoreError>>)
where
    F: FnMut(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    let (answer, receiver) = oneshot::channel();
    (Box::new(Task { closure, result: None, answer }), receiver)
}

impl<F, T> Work for Task<F, T>
where
    F: FnMut(&mut Connection) -> Result<T, StoreError> + Send,
    T: Send,
{
    fn run(&mut self, connection: &mut Connection) -> Result<(), StoreError> {
        // A panic must not take the thread with it, for the thread serves everybody. The transaction is undone.
        let result = catch_unwind(AssertUnwindSafe(|| (self.closure)(connection))).unwrap_or(Err(StoreError::Panicked));
        let copy = result.as_ref().map(|_| ()).map_err(Clone::clone);
        self.result = Some(result);
        copy
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let result = match failure {
            Some(failure) => Err(failure),
            None => self.result.unwrap_or(Err(StoreError::Panicked)),
        };
        // The caller may have given up; the work is done all the same.
        drop(self.answer.send(result));
    }

    fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }
}
