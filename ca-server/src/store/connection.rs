//! One connection type for two engines, and the macro that expands a query once for each.

use std::future::Future;
use std::io;
use std::sync::Arc;

use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sqlite::SqliteConnection;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use tokio::runtime::{Builder, Runtime};

/// A PostgreSQL connection with blocking calls, driven by the thread that uses it.
pub(crate) type PgSync = AsyncConnectionWrapper<AsyncPgConnection, ThreadRuntime>;

/// What a closure given to [`Store::read`](super::Store::read) or [`Store::write`](super::Store::write) works with.
/// Only this room looks inside; everybody else hands it on to the functions of a table.
pub struct Connection(pub(crate) Engine);

/// The engine behind a [`Connection`]. Boxed: either is large, and it moves between owners.
pub(crate) enum Engine {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<PgSync>),
}

/// Expands one query for the engine at hand, so that each is compiled against its own backend.
macro_rules! on_each {
    ($connection:expr, |$c:ident| $body:expr) => {
        match &mut $connection.0 {
            $crate::store::connection::Engine::Sqlite(boxed) => {
                let $c = boxed.as_mut();
                $body
            }
            $crate::store::connection::Engine::Postgres(boxed) => {
                let $c = boxed.as_mut();
                $body
            }
        }
    };
}
pub(crate) use on_each;

/// Inserts rows of values into a table: statement by statement on SQLite, where a prepared insert costs a few
/// microseconds, and in one statement a round trip on PostgreSQL.
macro_rules! insert_rows {
    ($connection:expr, $table:expr, $rows:expr) => {{
        let mut rows = $rows;
        match (&mut $connection.0, rows.len()) {
            ($crate::store::connection::Engine::Sqlite(c), _) => {
                for row in rows {
                    diesel::insert_into($table).values(row).execute(c.as_mut())?;
                }
            }
            (_, 0) => {}
            // A single row is a prepared statement, a batch is planned anew.
            ($crate::store::connection::Engine::Postgres(c), 1) => {
                if let Some(row) = rows.pop() {
                    diesel::insert_into($table).values(row).execute(c.as_mut())?;
                }
            }
            ($crate::store::connection::Engine::Postgres(c), _) => {
                diesel::insert_into($table).values(rows).execute(c.as_mut())?;
            }
        }
    }};
}
pub(crate) use insert_rows;

/// A statement whose prepared form is kept. Diesel prepares each UPDATE anew, because what it sets may differ from one to
/// the next; what is kept is found by the whole text of the statement, so that a difference is another statement. For
/// those of which there are few texts and that each certificate needs.
#[derive(Clone, Copy)]
pub(crate) struct Kept<Q>(pub(crate) Q);

impl<Q> QueryId for Kept<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend, Q: QueryFragment<DB>> QueryFragment<DB> for Kept<Q> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<C, Q> RunQueryDsl<C> for Kept<Q> {}

impl Connection {
    pub(crate) fn sqlite(connection: SqliteConnection) -> Self {
        Self(Engine::Sqlite(Box::new(connection)))
    }

    pub(crate) fn postgres(connection: PgSync) -> Self {
        Self(Engine::Postgres(Box::new(connection)))
    }

    /// Runs statements that return nothing, separated by semicolons.
    pub(crate) fn batch_execute(&mut self, statements: &str) -> QueryResult<()> {
        on_each!(self, |c| c.batch_execute(statements))
    }

    /// Starts a transaction, or on SQLite a savepoint inside one. There the write lock is taken at once, so that no
    /// transaction fails half-way because another process wrote first.
    pub(crate) fn begin(&mut self) -> QueryResult<()> {
        match &mut self.0 {
            Engine::Sqlite(c) => begin_immediate(c),
            Engine::Postgres(c) => c.batch_execute("BEGIN"),
        }
    }

    /// Commits what [`Connection::begin`] started last.
    pub(crate) fn commit(&mut self) -> QueryResult<()> {
        match &mut self.0 {
            Engine::Sqlite(c) => AnsiTransactionManager::commit_transaction(c.as_mut()),
            // After a refused statement PostgreSQL answers COMMIT with a silent rollback. The query in front of it is
            // refused instead, so that a closure which dropped an error does not hear that its write is stored.
            Engine::Postgres(c) => c.batch_execute("SELECT 1; COMMIT"),
        }
    }

    /// Undoes what [`Connection::begin`] started last.
    pub(crate) fn roll_back(&mut self) -> QueryResult<()> {
        match &mut self.0 {
            Engine::Sqlite(c) => AnsiTransactionManager::rollback_transaction(c.as_mut()),
            Engine::Postgres(c) => c.batch_execute("ROLLBACK"),
        }
    }

    /// Whether the server still answers. A file always does.
    pub(crate) fn is_alive(&mut self) -> bool {
        match &mut self.0 {
            Engine::Sqlite(_) => true,
            Engine::Postgres(c) => c.batch_execute("SELECT 1").is_ok(),
        }
    }
}

fn begin_immediate(c: &mut SqliteConnection) -> QueryResult<()> {
    let depth = AnsiTransactionManager::transaction_manager_status_mut(c).transaction_depth()?;
    match depth {
        None => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        Some(_) => AnsiTransactionManager::begin_transaction(c),
    }
}

thread_local! {
    static RUNTIME: std::cell::OnceCell<Arc<Runtime>> = const { std::cell::OnceCell::new() };
}

/// The runtime of a database thread: it drives the thread's own connections and nothing else, so that a query wakes
/// no second thread.
#[derive(Clone)]
pub(crate) struct ThreadRuntime(Arc<Runtime>);

impl ThreadRuntime {
    /// The runtime of the calling thread, made at the first call.
    pub(crate) fn of_this_thread() -> io::Result<Self> {
        if let Some(runtime) = RUNTIME.with(|cell| cell.get().cloned()) {
            return Ok(Self(runtime));
        }
        let runtime = Arc::new(Builder::new_current_thread().enable_all().build()?);
        RUNTIME.with(|cell| drop(cell.set(Arc::clone(&runtime))));
        Ok(Self(runtime))
    }
}

impl BlockOn for ThreadRuntime {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    #[expect(clippy::expect_used, reason = "a connection is made on this runtime, so the thread has it already")]
    fn get_runtime() -> Self {
        Self::of_this_thread().expect("the thread's runtime was made before its connection")
    }
}
