//! SQLite connections that read where the caller is. A look-up by key takes some ten microseconds while its pages are in
//! memory: less than waking a reader's thread and being woken by it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::connection::Connection;
use super::error::StoreError;
use super::sqlite;

/// Most connections that are kept; their page caches count into the server's memory.
const MOST_IDLE: usize = 4;

/// Connections between two look-ups, which hold none of them across a wait.
pub(crate) struct Nearby {
    path: PathBuf,
    /// `None` once closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Nearby {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::new(Some(Vec::new())) }
    }

    /// What the closure finds. `None` says that a reader's thread has to be asked: it waits where a lock is held, which
    /// this does not, and tells why something fails. A connection that served no answer is not used again.
    pub(crate) fn look_up<T>(&self, closure: &mut impl FnMut(&mut Connection) -> Result<T, StoreError>) -> Option<T> {
        let mut connection = self.take()?;
        let found = catch_unwind(AssertUnwindSafe(|| closure(&mut connection))).ok()?.ok()?;
        self.put_back(connection);
        Some(found)
    }

    /// Lets go of every connection; later look-ups are left to the readers.
    pub(crate) fn close(&self) {
        drop(self.idle.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn take(&self) -> Option<Connection> {
        let held = self.idle.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.pop();
        held.or_else(|| sqlite::open_nearby(&self.path).ok())
    }

    fn put_back(&self, connection: Connection) {
        if let Some(idle) = &mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner)
            && idle.len() < MOST_IDLE
        {
            idle.push(connection);
        }
    }
}
