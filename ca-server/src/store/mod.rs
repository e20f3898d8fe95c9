//! The database: the only place that names diesel. One file a table, with the functions that use cases call inside a
//! [`Store::read`] or [`Store::write`].
//!
//! A closure given to `write` is one transaction. It does bounded work (at most 500 rows, no scan, no cryptography),
//! hands on every error, and may run twice if the first attempt was undone. Nothing waits inside it.

pub mod account;
pub mod acme_failure;
pub mod api_token;
pub mod attempt;
pub mod audit_event;
pub mod authorization;
pub mod blocked_key;
pub mod bulk_change;
pub mod certificate;
pub mod certificate_care;
pub mod certificate_count;
pub mod certificate_lineage;
pub mod certificate_name;
pub mod certificate_search;
pub mod challenge;
pub(crate) mod connection;
pub mod crl;
pub mod error;
pub mod expiry_watch;
pub mod external_account;
pub mod fields;
pub mod hsm_key;
pub mod idempotency_key;
pub mod installation;
pub mod issuance_intent;
pub mod issuance_request;
pub mod issuance_request_event;
pub mod issuance_request_fetch_code;
pub mod issuance_request_list;
pub mod issuance_request_revision;
pub mod issuance_request_vote;
pub mod issuer;
pub mod job;
pub mod lease;
pub mod location;
pub mod migration;
mod nearby;
pub mod nonce;
pub mod notice;
pub mod operator;
pub mod operator_session;
pub mod order;
mod pool;
mod postgres;
mod postgres_tls;
pub mod profile_version;
pub mod recovery_code;
pub mod retention;
pub mod revocation;
mod schema;
pub mod sealed;
pub mod serve_lock;
pub mod sign_in_failure;
pub mod signature;
pub mod signing_check;
pub mod signing_event;
pub mod signing_grant;
pub mod signing_item;
pub mod signing_key;
pub mod signing_profile_version;
pub mod signing_request;
pub mod signing_request_list;
pub mod signing_retention;
pub mod signing_token;
pub mod signing_usage;
pub mod signing_vote;
mod sqlite;
mod work;
mod writer;

use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

pub use connection::Connection;
pub use error::StoreError;
pub use location::DatabaseConfig;

use location::Location;
use nearby::Nearby;
use pool::{Call, Connect, Queue};
use work::Work;

/// A handle to the open database; clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    /// SQLite's readers, or all of PostgreSQL.
    pool: Arc<Queue>,
    /// SQLite's writer; none on PostgreSQL, and none after [`Store::close`].
    writer: Mutex<Option<mpsc::Sender<Box<dyn Work>>>>,
    /// SQLite's readers for look-ups; none on PostgreSQL.
    nearby: Option<Nearby>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    shares_database: bool,
    time_limit: Duration,
}

impl Store {
    /// Opens the database and checks that its schema is the one this binary knows.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when it must be migrated first, [`StoreError::Unavailable`] when it cannot be reached.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, StoreError> {
        if let Location::Sqlite(path) = &config.location
            && !path.exists()
        {
            return Err(StoreError::Schema(format!("there is no database {}: run `signet migrate`", path.display())));
        }
        let store = Self::start(config)?;
        store.read(migration::check).await?;
        Ok(store)
    }

    fn start(config: &DatabaseConfig) -> Result<Self, StoreError> {
        let pool = Arc::new(Queue::default());
        let mut threads = pool::start(config.connections, &pool, &connector(config)).map_err(no_thread)?;
        let (mut writer, mut nearby) = (None, None);
        if let Location::Sqlite(path) = config.location.clone() {
            nearby = Some(Nearby::new(path.clone()));
            let (sender, queue) = mpsc::channel();
            let thread = thread::Builder::new().name("database-writer".into());
            threads.push(thread.spawn(move || writer::run(&path, &queue)).map_err(no_thread)?);
            writer = Some(sender);
        }
        Ok(Self(Arc::new(Inner {
            pool,
            shares_database: writer.is_none(),
            writer: Mutex::new(writer),
            nearby,
            threads: Mutex::new(threads),
            time_limit: config.time_limit,
        })))
    }

    /// Runs queries without a transaction: each sees what is committed when it starts.
    ///
    /// # Errors
    /// Whatever the closure answers, or [`StoreError::Unavailable`].
    pub async fn read<T, F>(&self, closure: F) -> Result<T, StoreError>
    where
        F: FnMut(&mut Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (work, answer) = work::enclose(closure);
        self.0.pool.push(Call::Read(work));
        self.0.answer(answer).await
    }

    /// The same for a few rows that are found by their keys. On SQLite this happens at once, on the thread that asks.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn look_up<T, F>(&self, mut closure: F) -> Result<T, StoreError>
    where
        F: FnMut(&mut Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        match self.0.nearby.as_ref().and_then(|nearby| nearby.look_up(&mut closure)) {
            Some(found) => Ok(found),
            None => self.read(closure).await,
        }
    }

    /// Runs a closure in a transaction; when this returns `Ok`, what it wrote is on the disk.
    ///
    /// # Errors
    /// Whatever the closure answers, or why the commit failed; then nothing is stored, unless the error is
    /// [`StoreError::OutcomeUnknown`].
    pub async fn write<T, F>(&self, closure: F) -> Result<T, StoreError>
    where
        F: FnMut(&mut Connection) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (work, answer) = work::enclose(closure);
        self.0.push_write(work);
        self.0.answer(answer).await
    }

    /// Whether other servers may use the same database, so that what is kept in memory is not the whole truth.
    pub fn shares_database(&self) -> bool {
        self.0.shares_database
    }

    /// Finishes what waits and closes every connection. Later calls fail.
    pub async fn close(&self) {
        self.0.pool.close();
        self.0.nearby.iter().for_each(Nearby::close);
        drop(self.0.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
        let threads = std::mem::take(&mut *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = off_runtime(move || {
            threads.into_iter().for_each(|thread| drop(thread.join()));
            Ok(())
        });
        drop(joined.await);
    }
}

impl Inner {
    fn push_write(&self, work: Box<dyn Work>) {
        match &*self.writer.lock().unwrap_or_else(PoisonError::into_inner) {
            // A writer that has ended drops the work, which the caller sees.
            Some(writer) => drop(writer.send(work)),
            None if self.shares_database => self.pool.push(Call::Write(work)),
            None => {}
        }
    }

    async fn answer<T>(&self, answer: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
        match tokio::time::timeout(self.time_limit, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::unavailable("it has been closed", None)),
            Err(_) => Err(StoreError::unavailable("it did not answer in time; a write may still happen", None)),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.pool.close();
    }
}

fn connector(config: &DatabaseConfig) -> Connect {
    let config = config.clone();
    Arc::new(move || match &config.location {
        Location::Sqlite(path) => sqlite::open_reader(path),
        Location::Postgres(url) => postgres::connect(url, config.password_file.as_deref()),
    })
}

fn no_thread(error: std::io::Error) -> StoreError {
    StoreError::unavailable("cannot start a thread for it", Some(Arc::new(error)))
}

/// Runs blocking work on a thread of its own: a PostgreSQL connection must be made, used and dropped where no runtime is.
async fn off_runtime<T, F>(work: F) -> Result<T, StoreError>
where
    F: FnOnce() -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let thread = thread::Builder::new().name("database-once".into());
    thread.spawn(move || drop(sender.send(work()))).map_err(no_thread)?;
    receiver.await.unwrap_or(Err(StoreError::Panicked))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
pub(crate) mod testing;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
