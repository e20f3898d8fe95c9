//! Real databases for tests: a file each on SQLite, a database each on PostgreSQL.
//!
//! PostgreSQL is the server of `SIGNET_TEST_POSTGRES` (a URL of a user who may create databases), or else one that is
//! started here in a temporary directory and ends with the test process, however that ends.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use tempfile::TempDir;
use url::Url;

use super::location::Location;
use super::{DatabaseConfig, Store, migration, postgres};

/// A UUID greater than those before it.
pub(crate) fn fresh_id() -> uuid::Uuid {
    static LAST: AtomicU32 = AtomicU32::new(1);
    uuid::Uuid::from_u128(LAST.fetch_add(1, Ordering::Relaxed).into())
}

/// An open store on a database of its own.
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) config: DatabaseConfig,
    /// Dropped last.
    _database: Database,
}

enum Database {
    File { _directory: TempDir },
    Named { admin: Url, name: String },
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Named { admin, name } = self {
            let (admin, name) = (admin.clone(), name.clone());
            let dropping = thread::spawn(move || execute(&admin, &format!("DROP DATABASE {name} WITH (FORCE)")));
            dropping.join().unwrap();
        }
    }
}

/// A migrated store in a new file.
pub(crate) async fn sqlite() -> TestStore {
    let directory = tempfile::tempdir().unwrap();
    let config = DatabaseConfig::new("sqlite:signet.db", directory.path()).unwrap();
    migration::migrate(&config).await.unwrap();
    let store = Store::open(&config).await.unwrap();
    TestStore { store, config, _database: Database::File { _directory: directory } }
}

/// A migrated store in a new database, copied from a template.
pub(crate) async fn postgres() -> TestStore {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("signet_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let admin = admin_url();
    let statement = format!("CREATE DATABASE {name} TEMPLATE {}", template());
    let url = admin.clone();
    thread::spawn(move || execute(&url, &statement)).join().unwrap();
    let config = config_for(&admin, &name);
    let store = Store::open(&config).await.unwrap();
    TestStore { store, config, _database: Database::Named { admin, name } }
}

pub(crate) fn config_for(server: &Url, database: &str) -> DatabaseConfig {
    let mut url = server.clone();
    url.set_path(database);
    DatabaseConfig { connections: 4, ..DatabaseConfig::new(url.as_str(), Path::new("/")).unwrap() }
}

/// Runs a statement on a new connection; blocks, so not on a worker of a runtime.
fn execute(server: &Url, statement: &str) {
    let config = DatabaseConfig::new(server.as_str(), Path::new("/")).unwrap();
    let Location::Postgres(url) = &config.location else { panic!("{server}") };
    postgres::connect(url, None).unwrap().batch_execute(statement).unwrap();
}

/// Name of a migrated database that tests copy, made once in a process.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| thread::spawn(make_template).join().unwrap())
}

fn make_template() -> String {
    let name = format!("signet_template_{}", std::process::id());
    let admin = admin_url();
    execute(&admin, &format!("DROP DATABASE IF EXISTS {name}"));
    execute(&admin, &format!("CREATE DATABASE {name}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(migration::migrate(&config_for(&admin, &name))).unwrap();
    name
}

fn admin_url() -> Url {
    static PRIVATE: OnceLock<Server> = OnceLock::new();
    match std::env::var("SIGNET_TEST_POSTGRES") {
        Ok(url) => Url::parse(&url).unwrap(),
        Err(_) => PRIVATE.get_or_init(Server::start).url.clone(),
    }
}

/// A PostgreSQL server in a temporary directory. A shell waits for the end of its standard input, which comes when this
/// process ends or the value is dropped, then stops the server and removes the directory.
pub(crate) struct Server {
    pub(crate) url: Url,
    pub(crate) directory: String,
    shell: Child,
}

const SCRIPT: &str = r#"
set -e
PATH="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1):$PATH"
directory="$(mktemp -d)"
trap 'pg_ctl -D "$directory/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$directory"' EXIT
initdb -D "$directory/data" -A trust -U signet -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
printf '%s\n' "$CONF" >> "$directory/data/postgresql.conf"
pg_ctl -D "$directory/data" -l "$directory/log" -w start >/dev/null
echo "$directory"
read -r _ || true
"#;

impl Server {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let configuration = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n\
             max_connections = 300\nshared_buffers = 32MB\nlc_messages = 'C'"
        );
        let mut shell = as_ordinary_user(&["sh", "-c", SCRIPT])
            .env("CONF", configuration)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut directory = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut directory).unwrap();
        assert!(!directory.is_empty(), "PostgreSQL did not start; is the package postgresql installed?");
        let url = Url::parse(&format!("postgres://signet@127.0.0.1:{port}/postgres")).unwrap();
        Self { url, directory: directory.trim().to_owned(), shell }
    }

    /// Runs `pg_ctl` with the arguments given.
    pub(crate) fn pg_ctl(&self, arguments: &str) {
        let (directory, tool) = (&self.directory, "$(ls /usr/lib/postgresql/*/bin/pg_ctl | sort -V | tail -n 1)");
        let line = format!("{tool} -D {directory}/data -l {directory}/log -w {arguments} >/dev/null");
        assert!(as_ordinary_user(&["sh", "-c", &line]).current_dir("/").status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        drop(self.shell.wait());
    }
}

/// PostgreSQL refuses to run as root.
fn as_ordinary_user(command: &[&str]) -> Command {
    let root = nix::unistd::geteuid().is_root();
    let setpriv: &[&str] = &["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
    let words: Vec<&str> = if root { [setpriv, command].concat() } else { command.to_vec() };
    let mut made = Command::new(words[0]);
    made.args(&words[1..]);
    made
}

/// Makes each `async fn(TestStore)` named a test on each engine.
macro_rules! on_both_engines {
    ($($name:ident,)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::store::testing::sqlite().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::store::testing::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both_engines;
