//! SQLite connections: one that writes, several that read.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;

use super::connection::Connection;
use super::error::StoreError;

/// Foreign keys hold only where a connection asks for it.
const EVERY_CONNECTION: &str = "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";

/// Another process's write is waited for rather than reported: the command line works beside a busy server, and the other
/// way round.
const PATIENT: &str = "PRAGMA busy_timeout = 60000;";

/// A commit is one flush of the write-ahead log, never skipped.
///
/// Small pages: most of what a certificate adds to indexes lies alone on its page, and a commit writes whole pages.
/// Checkpoints at 32 MiB: hot pages are copied into the file once for many commits, and the two flushes of a checkpoint
/// are few beside those of the commits. The log is cut back to that size.
const WRITER: &str = "PRAGMA page_size = 2048; PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; \
                      PRAGMA wal_autocheckpoint = 16384; PRAGMA journal_size_limit = 33554432;";

/// Page caches of readers add up in the server's memory.
const READER: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -1024;";

/// Each commit makes the pages that a reader holds worthless, so that few are worth holding between two look-ups.
const NEARBY: &str = "PRAGMA query_only = ON; PRAGMA cache_size = -256;";

/// Opens the connection that writes; the file is made, for its owner only, if there is none.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    make_private(path)?;
    let mut connection = open(path, &[PATIENT, WRITER])?;
    enter_wal_mode(&mut connection)?;
    Ok(Connection::sqlite(connection))
}

/// Opens a connection that refuses to write.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    Ok(Connection::sqlite(open(path, &[PATIENT, READER])?))
}

/// Opens a connection that refuses to write, and to wait: a lock that somebody holds is an error at once.
pub(crate) fn open_nearby(path: &Path) -> Result<Connection, StoreError> {
    Ok(Connection::sqlite(open(path, &[NEARBY])?))
}

fn open(path: &Path, settings: &[&str]) -> Result<SqliteConnection, StoreError> {
    let text = path
        .to_str()
        .ok_or_else(|| StoreError::Configuration(format!("database url: the path {} is not UTF-8", path.display())))?;
    let mut connection = SqliteConnection::establish(text).map_err(|error| cannot_open(path, error))?;
    for statements in settings.iter().chain(&[EVERY_CONNECTION]) {
        connection.batch_execute(statements)?;
    }
    Ok(connection)
}

/// SQLite gives the write-ahead log the mode of the database file.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    file.map(drop).map_err(|error| cannot_open(path, error))
}

fn cannot_open(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::unavailable(format!("cannot open {}: {error}", path.display()), Some(Arc::new(error)))
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = Text)]
    journal_mode: String,
}

fn enter_wal_mode(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mode: JournalMode = diesel::sql_query("PRAGMA journal_mode = WAL").get_result(connection)?;
    if mode.journal_mode == "wal" {
        return Ok(());
    }
    // Some network file systems cannot share memory between processes.
    Err(StoreError::Configuration("the database file lies on a file system that cannot hold a write-ahead log".into()))
}
