//! Complete deployments: the same test body runs on each.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result};
use tempfile::TempDir;
use toml::{Table, Value};

use crate::environment::softhsm_module;
use crate::https::Https;
use crate::network::Network;
use crate::ports;
use crate::postgres::Database;
use crate::process::output;
use crate::server::{Server, Variables, signet};
use crate::softhsm::{RemoteToken, Token};

/// Where the keys and the rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SQLite and the software keystore: what quickstart makes.
    SqliteSoftware,
    /// PostgreSQL and a SoftHSM2 token.
    PostgresSofthsm2,
}

/// Runs `async fn NAME(deployment: &mut Deployment) -> Result<()>` on both deployments, as a test each.
#[macro_export]
macro_rules! on_each_deployment {
    ($($name:ident),+ $(,)?) => { $(
        mod $name {
            use $crate::deployment::{Deployment, Kind};

            // A client's connections live on while the test waits for a program.
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite_software() -> anyhow::Result<()> {
                let mut deployment = Deployment::start(Kind::SqliteSoftware)?;
                let result = super::$name(&mut deployment).await;
                deployment.explain(result)
            }

            // A client's connections live on while the test waits for a program.
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres_softhsm2() -> anyhow::Result<()> {
                let mut deployment = Deployment::start(Kind::PostgresSofthsm2)?;
                let result = super::$name(&mut deployment).await;
                deployment.explain(result)
            }
        }
    )+ };
}

/// The rows' home.
#[derive(Debug)]
enum Rows {
    Sqlite,
    Postgres(Database),
}

/// The keys' home.
#[derive(Debug)]
enum Keys {
    Software,
    Token(Token),
    Remote(RemoteToken),
}

/// A PKI with its configuration, not yet served.
#[derive(Debug)]
pub struct Prepared {
    folder: TempDir,
    network: Arc<Network>,
    rows: Rows,
    keys: Keys,
}

/// A served PKI and the network around it. Everything vanishes with it, the server first.
#[derive(Debug)]
pub struct Deployment {
    /// The running server.
    pub server: Server,
    prepared: Prepared,
}

impl Prepared {
    /// `init` on this kind, with options of one's own (`--key-algorithm rsa-3072`).
    ///
    /// # Errors
    /// If `init` fails.
    pub fn new(kind: Kind, options: &[&str]) -> Result<Self> {
        Self::below(&std::env::temp_dir(), kind, options)
    }

    /// The same in a new folder below `parent`, for choosing the disk.
    ///
    /// # Errors
    /// If `init` fails.
    pub fn below(parent: &Path, kind: Kind, options: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir_in(parent)?;
        let (rows, keys) = match kind {
            Kind::SqliteSoftware => (Rows::Sqlite, Keys::Software),
            Kind::PostgresSofthsm2 => {
                (Rows::Postgres(Database::create()?), Keys::Token(Token::create(&folder.path().join("token"))?))
            }
        };
        Self::init(folder, rows, keys, options)
    }

    /// SQLite with its keys on a token that can be killed.
    ///
    /// # Errors
    /// If `init` fails.
    pub fn with_remote_token() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let keys = Keys::Remote(RemoteToken::start(&folder.path().join("token"))?);
        Self::init(folder, Rows::Sqlite, keys, &[])
    }

    /// The software keystore with rows in a given database.
    ///
    /// # Errors
    /// If `init` fails.
    pub fn with_database(database: Database) -> Result<Self> {
        let url = database.url();
        Self::with_database_at(database, &url, &[])
    }

    /// The software keystore with rows in a given database, reached by a URL and options of one's own.
    ///
    /// # Errors
    /// If `init` fails.
    pub fn with_database_at(database: Database, url: &str, options: &[&str]) -> Result<Self> {
        let options = [&["--database", url], options].concat();
        Self::init(tempfile::tempdir()?, Rows::Postgres(database), Keys::Software, &options)
    }

    fn init(folder: TempDir, rows: Rows, keys: Keys, options: &[&str]) -> Result<Self> {
        let network = Arc::new(Network::start(&folder.path().join("zone"))?);
        let prepared = Self { folder, network, rows, keys };
        let data = prepared.data();
        let mut arguments = vec!["init".to_owned(), "--data".to_owned(), data.display().to_string()];
        let (public, status) = (ports::free()?, ports::free()?);
        arguments.extend(["--public-url".to_owned(), format!("https://127.0.0.1:{public}")]);
        arguments.extend(["--listen".to_owned(), format!("127.0.0.1:{public}")]);
        arguments.extend(["--status-url".to_owned(), format!("http://127.0.0.1:{status}")]);
        arguments.extend(["--status-listen".to_owned(), format!("127.0.0.1:{status}")]);
        if let Rows::Postgres(database) = &prepared.rows
            && !options.contains(&"--database")
        {
            arguments.extend(["--database".to_owned(), database.url()]);
        }
        if let Some(uri) = prepared.token_uri()? {
            arguments.extend(["--hsm".to_owned(), format!("token={uri}")]);
        }
        arguments.extend(options.iter().map(|option| (*option).to_owned()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        output(&mut signet(&prepared.variables(), &arguments)?)?;
        prepared.configure(|config| prepared.test_settings(config))?;
        Ok(prepared)
    }

    fn token_uri(&self) -> Result<Option<String>> {
        Ok(match &self.keys {
            Keys::Software => None,
            Keys::Token(token) => Some(token.uri(&softhsm_module()?)),
            Keys::Remote(remote) => Some(remote.token().uri(&RemoteToken::module()?)),
        })
    }

    /// Validation asks our DNS and reaches our responders.
    fn test_settings(&self, config: &mut Table) -> Result<()> {
        let endpoint = config.get_mut("acme").and_then(|list| list.get_mut(0)).and_then(Value::as_table_mut);
        let validation = table(endpoint.context("init configures an ACME endpoint")?, "validation")?;
        validation.insert("resolvers".into(), Value::from(vec![self.network.dns.address().to_string()]));
        validation.insert("http_port".into(), Value::from(i64::from(self.network.http.port())));
        validation.insert("tls_alpn_port".into(), Value::from(i64::from(self.network.tls.port())));
        validation.insert("allow".into(), Value::from(vec!["127.0.0.0/8"]));
        Ok(())
    }

    /// Changes `signet.toml`.
    ///
    /// # Errors
    /// If it cannot be read, changed or written.
    pub fn configure(&self, change: impl FnOnce(&mut Table) -> Result<()>) -> Result<()> {
        let mut config: Table = std::fs::read_to_string(self.config())?.parse().context("what init wrote is TOML")?;
        change(&mut config)?;
        Ok(std::fs::write(self.config(), config.to_string())?)
    }

    /// The folder of its own signing profiles, which replace the built-in ones when the server starts the next time.
    ///
    /// # Errors
    /// If folder or configuration cannot be written.
    pub fn signing_profiles(&self) -> Result<PathBuf> {
        let folder = self.data().join("policies/signing");
        std::fs::create_dir_all(&folder)?;
        self.configure(|config| {
            let server = config.get_mut("server").and_then(toml::Value::as_table_mut).context("[server]")?;
            server.insert("policies_dir".to_owned(), "policies".into());
            Ok(())
        })?;
        Ok(folder)
    }

    /// Serves it.
    ///
    /// # Errors
    /// If the server does not come up.
    pub fn serve(self) -> Result<Deployment> {
        Ok(Deployment { server: Server::start(&self.config(), &self.variables())?, prepared: self })
    }

    /// A deployment with a server that was started another way.
    pub fn served_by(self, server: Server) -> Deployment {
        Deployment { server, prepared: self }
    }

    /// The test's folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The PKI's folder (`DIR` of `init --data DIR`).
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("pki")
    }

    /// `signet.toml`.
    pub fn config(&self) -> PathBuf {
        self.data().join("signet.toml")
    }

    /// The environment of every process of this deployment.
    pub fn variables(&self) -> Variables {
        match &self.keys {
            Keys::Software => Variables::new(),
            Keys::Token(token) => token.variables(),
            Keys::Remote(remote) => remote.variables(),
        }
    }

    /// `signet` with these arguments and this deployment's `--config`.
    ///
    /// # Errors
    /// If there is no binary.
    pub fn signet(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = signet(&self.variables(), arguments)?;
        command.arg("--config").arg(self.config());
        Ok(command)
    }

    /// The network around it.
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// Its database, if that is PostgreSQL's.
    pub fn database(&self) -> Option<&Database> {
        match &self.rows {
            Rows::Sqlite => None,
            Rows::Postgres(database) => Some(database),
        }
    }
}

fn table<'a>(parent: &'a mut Table, key: &str) -> Result<&'a mut Table> {
    let entry = parent.entry(key).or_insert_with(|| Value::Table(Table::new()));
    entry.as_table_mut().with_context(|| format!("{key} is a table"))
}

impl std::ops::Deref for Deployment {
    type Target = Prepared;

    fn deref(&self) -> &Prepared {
        &self.prepared
    }
}

impl Deployment {
    /// `init` and `serve` on this kind.
    ///
    /// # Errors
    /// If either fails.
    pub fn start(kind: Kind) -> Result<Self> {
        Prepared::new(kind, &[])?.serve()
    }

    /// Another server on the same database and keys, as on a second machine: its own copy of the folder, its own listeners,
    /// the same public URLs.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn replica(&self) -> Result<Server> {
        let folder = self.folder().join("replica");
        output(Command::new("cp").arg("-a").arg(self.data()).arg(&folder))?;
        let config = folder.join("signet.toml");
        let mut table: Table = std::fs::read_to_string(&config)?.parse()?;
        let server = self::table(&mut table, "server")?;
        for key in ["listen", "status_listen"] {
            server.insert(key.into(), Value::from(format!("127.0.0.1:{}", ports::free()?)));
        }
        std::fs::write(&config, table.to_string())?;
        Server::start(&config, &self.variables())
    }

    /// The ACME directory's URL.
    ///
    /// # Errors
    /// If the configuration has no public URL.
    pub fn directory(&self) -> Result<String> {
        let config: Table = std::fs::read_to_string(self.config())?.parse()?;
        let url = config.get("server").and_then(|server| server.get("public_url")).and_then(Value::as_str);
        Ok(format!("{}/acme/acme/directory", url.context("server.public_url")?.trim_end_matches('/')))
    }

    /// The root certificate's file.
    pub fn root(&self) -> PathBuf {
        self.data().join("root.pem")
    }

    /// A client that trusts the root.
    ///
    /// # Errors
    /// If there is no root.
    pub fn https(&self) -> Result<Https> {
        Https::trusting(&self.root())
    }

    /// The token that can be killed.
    ///
    /// # Errors
    /// If this deployment has none.
    pub fn remote_token(&mut self) -> Result<&mut RemoteToken> {
        match &mut self.prepared.keys {
            Keys::Remote(remote) => Ok(remote),
            Keys::Software | Keys::Token(_) => anyhow::bail!("this deployment's token lives in the server"),
        }
    }

    /// A failed test with the end of the server's log.
    ///
    /// # Errors
    /// If the test failed.
    pub fn explain(&self, result: Result<()>) -> Result<()> {
        result.with_context(|| {
            let log = self.server.log();
            let lines: Vec<&str> = log.lines().collect();
            format!("the server's log ends:\n{}", lines[lines.len().saturating_sub(20)..].join("\n"))
        })
    }
}
