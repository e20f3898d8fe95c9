//! Connections to PostgreSQL.

use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Once};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::BlockOn;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};
use zeroize::Zeroizing;

use super::connection::{Connection, PgSync, ThreadRuntime, on_each};
use super::error::StoreError;
use super::location::{PostgresUrl, Trust};
use super::postgres_tls::RustlsConnector;

/// A server that does not answer is reported within these, well before a client of ours gives up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// Settings of each session, sent with the start-up message so that they cost no round trip.
const SESSION: &str = "-c statement_timeout=30s -c lock_timeout=30s -c idle_in_transaction_session_timeout=60s \
                       -c default_transaction_isolation=read\\ committed";

/// Durability is not a matter of the server's default: an asynchronous commit becomes a synchronous one; stronger
/// settings stay.
const DURABLE: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                       WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/// Some errors are told apart by the server's own words, see [`StoreError`]; whatever language server, database or role are
/// set to. A superuser may ask for it, and from PostgreSQL 15 on whoever was granted it.
const UNTRANSLATED: &str = "SELECT set_config('lc_messages', 'C', false) WHERE current_setting('lc_messages') <> 'C'";

/// Connects on the calling thread, which must be no worker of a runtime, and stays bound to it.
pub(crate) fn connect(url: &PostgresUrl, password_file: Option<&Path>) -> Result<Connection, StoreError> {
    let runtime = ThreadRuntime::of_this_thread()
        .map_err(|error| StoreError::unavailable("cannot start a database thread", Some(Arc::new(error))))?;
    let config = configure(url, password_file)?;
    let connection = runtime.block_on(establish(&config, &url.trust)).map_err(|error| match error {
        Failed::Connect(error) => cannot_connect(url, error),
        Failed::Store(error) => error,
    })?;
    let mut connection = Connection::postgres(PgSync::from(connection));
    connection.batch_execute(DURABLE)?;
    if connection.batch_execute(UNTRANSLATED).is_err() {
        warn_of_translations(&mut connection)?;
    }
    Ok(connection)
}

#[derive(QueryableByName)]
struct Language {
    #[diesel(sql_type = Text)]
    messages: String,
}

/// Once a process: English by another name will do, other languages cost precision and no correctness.
fn warn_of_translations(connection: &mut Connection) -> Result<(), StoreError> {
    static TOLD: Once = Once::new();
    let query = diesel::sql_query("SELECT current_setting('lc_messages') AS messages");
    let Language { messages } = on_each!(connection, |c| query.get_result(c))?;
    let english = ["C.", "POSIX", "en"].iter().any(|beginning| messages.starts_with(beginning));
    if !english {
        TOLD.call_once(|| {
            tracing::warn!(
                lc_messages = %messages,
                "PostgreSQL translates its messages, so that some errors are not recognised and not tried again: \
                 let a superuser run ALTER ROLE ... SET lc_messages = 'C' for this user"
            );
        });
    }
    Ok(())
}

fn configure(url: &PostgresUrl, password_file: Option<&Path>) -> Result<Config, StoreError> {
    let mut config = Config::from_str(url.url.as_str())
        .map_err(|error| StoreError::Configuration(format!("database url: {}", root_cause(&error))))?;
    if let Some(password) = password(password_file)? {
        config.password(password.as_bytes());
    }
    config.ssl_mode(match url.trust {
        Trust::Plain => SslMode::Disable,
        Trust::RootFile(_) => SslMode::Require,
    });
    let options = config.get_options().map_or_else(|| SESSION.to_owned(), |own| format!("{SESSION} {own}"));
    config.options(options).application_name("signet");
    config.connect_timeout(CONNECT_TIMEOUT).tcp_user_timeout(UNACKNOWLEDGED).keepalives_idle(KEEPALIVE_IDLE);
    Ok(config)
}

/// The password from its file, else from `PGPASSWORD`, else what the URL says.
fn password(file: Option<&Path>) -> Result<Option<Zeroizing<String>>, StoreError> {
    let Some(path) = file else { return Ok(std::env::var("PGPASSWORD").ok().map(Zeroizing::new)) };
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
        StoreError::Configuration(format!("cannot read the database password from {}: {error}", path.display()))
    })?;
    Ok(Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
}

enum Failed {
    Connect(tokio_postgres::Error),
    Store(StoreError),
}

async fn establish(config: &Config, trust: &Trust) -> Result<AsyncPgConnection, Failed> {
    let established = match trust {
        Trust::Plain => {
            let (client, connection) = config.connect(NoTls).await.map_err(Failed::Connect)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
        Trust::RootFile(file) => {
            let connector = RustlsConnector::trusting(file).map_err(Failed::Store)?;
            let (client, connection) = config.connect(connector).await.map_err(Failed::Connect)?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        }
    };
    established.map_err(|error| Failed::Store(StoreError::unavailable(error.to_string(), Some(Arc::new(error)))))
}

/// The advice names the place without its password; the server's own words follow as the source.
fn cannot_connect(url: &PostgresUrl, error: tokio_postgres::Error) -> StoreError {
    let advice = match error.code() {
        Some(code) if *code == SqlState::INVALID_PASSWORD || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "the server refused the user or the password (password_file, PGPASSWORD or pg_hba.conf)".to_owned()
        }
        Some(code) if *code == SqlState::INVALID_CATALOG_NAME => "the database does not exist there".to_owned(),
        Some(code) if *code == SqlState::TOO_MANY_CONNECTIONS => "the server has no connection left".to_owned(),
        _ => match root_cause(&error).as_str() {
            // The client's own words.
            "password missing" => "the server asks for a password (password_file or PGPASSWORD)".to_owned(),
            other => other.to_owned(),
        },
    };
    StoreError::unavailable(format!("{url}: {advice}"), Some(Arc::new(error)))
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
