//! `signet init`: root and issuing CA in an HSM, the database, and `signet.toml`.

mod traces;

use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ca_core::hsm::KeySpec;
use ca_core::hsm::software::SoftwareKeystore;

use super::arguments::InitArguments;
use super::failure::Failure;
use super::installation::local_administrator;
use super::output::say;
use crate::clock::Clock;
use crate::config::{AcmeConfig, AuthorityConfig, Config, CrlConfig, HsmBackend, HsmConfig, ServerConfig, Settings};
use crate::config::{DatabaseConfig as DatabaseSection, DatabaseSettings, ValidationConfig, render};
use crate::entropy::Entropy;
use crate::hsms;
use crate::ops::acme::Origin;
use crate::ops::initialize::{Ceremony, Hierarchy, ISSUING, ROOT};
use crate::policies::Policies;
use crate::start;
use crate::store::{Store, installation, migration};
use traces::Traces;

/// For whom the server will be, which decides what may be validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// This machine only: validation may reach loopback, on ports that need no root.
    ThisMachine,
    /// Others too.
    Network,
}

impl Audience {
    pub(super) fn of(listen: SocketAddr) -> Self {
        if listen.ip().is_loopback() { Self::ThisMachine } else { Self::Network }
    }
}

pub(super) async fn run(arguments: InitArguments) -> Result<(), Failure> {
    let data = arguments.data.clone();
    let hierarchy = initialize(arguments, Audience::Network).await?;
    say(format_args!("Configuration     {}", data.join("signet.toml").display()));
    say(format_args!("Root certificate  {}", data.join("root.pem").display()));
    say(format_args!("Root SHA-256      {}", super::output::fingerprint(&hierarchy.root.fingerprint())));
    say(format_args!("Next              signet serve --config {}", data.join("signet.toml").display()));
    Ok(())
}

/// Makes the installation in a new directory; what was made is taken away again when a step fails.
pub(super) async fn initialize(arguments: InitArguments, audience: Audience) -> Result<Hierarchy, Failure> {
    refuse_existing(&arguments.data)?;
    let key: KeySpec = arguments.key_algorithm.parse().map_err(Failure::usage)?;
    let config = config(&arguments, audience)?;
    let mut traces = Traces::default();
    let result = build(&arguments, key, &config, &mut traces).await;
    if result.is_err() {
        traces.erase().await;
    }
    result
}

/// Files that `init` makes; any of them means that the directory is taken.
const FILES: [&str; 5] = ["signet.toml", "root.pem", "issuing.pem", "signet.db", "keys"];

fn refuse_existing(data: &Path) -> Result<(), Failure> {
    let found = FILES.iter().map(|file| data.join(file)).find(|path| path.exists());
    found.map_or(Ok(()), |path| {
        Err(Failure::usage(anyhow::anyhow!(
            "{} holds a PKI already ({} is there): nothing was changed. Choose another --data, or serve this one",
            data.display(),
            path.display()
        )))
    })
}

/// The database comes last, and in one write: whatever fails before leaves nothing in it.
async fn build(
    arguments: &InitArguments,
    key: KeySpec,
    config: &Config,
    traces: &mut Traces,
) -> Result<Hierarchy, Failure> {
    traces.expect_folder(&arguments.data);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&arguments.data)?;
    let file = arguments.data.join("signet.toml");
    write_new(&file, render(config).as_bytes(), 0o600, traces)?;
    let settings = Settings::load(&file)?;
    let (clock, policies) = (Clock::system(), Policies::load(None)?);
    let entropy = Entropy::new(clock.clone());
    create_keystores(&settings, &entropy, traces).await?;
    let opened = hsms::open_all(&settings.hsms).await?;
    let hsm = |name: &str| {
        opened
            .get(name)
            .ok_or_else(|| Failure::usage(anyhow::anyhow!("--root-hsm {name}: there is no --hsm of that name")))
    };
    let store = empty_database(&settings, traces).await?;
    let ceremony = Ceremony {
        clock: &clock,
        entropy: &entropy,
        policies: &policies,
        settings: &settings,
        actor: &local_administrator(),
        origin: &Origin { address: "command line".to_owned(), request_id: entropy.uuid().to_string() },
        name: &arguments.name,
        key,
        root_hsm: hsm(authority_hsm(config, ROOT))?,
        issuing_hsm: hsm(authority_hsm(config, ISSUING))?,
    };
    let hierarchy = ceremony.hold(&mut traces.keys).await?;
    write_new(&arguments.data.join("root.pem"), hierarchy.root.to_pem().as_bytes(), 0o644, traces)?;
    write_new(&arguments.data.join("issuing.pem"), hierarchy.issuing.to_pem().as_bytes(), 0o644, traces)?;
    hierarchy.record(&store).await?;
    store.close().await;
    Ok(hierarchy)
}

fn authority_hsm<'a>(config: &'a Config, name: &str) -> &'a str {
    let found = config.authority.iter().find(|authority| authority.name == name);
    found.map_or("", |authority| authority.hsm.as_str())
}

/// The migrated database, unless an installation is in it.
async fn empty_database(settings: &Settings, traces: &mut Traces) -> Result<Store, Failure> {
    if let DatabaseSettings::Sqlite { path } = &settings.database {
        for suffix in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(suffix);
            traces.expect(Path::new(&file));
        }
    }
    let database = start::database(&settings.database, &settings.directory())?;
    migration::migrate(&database).await?;
    let store = Store::open(&database).await?;
    match store.read(installation::load).await? {
        None => Ok(store),
        Some(found) => Err(Failure::usage(anyhow::anyhow!(
            "--database: the PKI {:?}, made at {}, is in it already: nothing was changed. Name an empty database",
            found.name,
            found.created_at
        ))),
    }
}

/// Makes each software keystore, with a random passphrase in a file beside it unless there is one.
async fn create_keystores(settings: &Settings, entropy: &Entropy, traces: &mut Traces) -> Result<(), Failure> {
    for hsm in &settings.hsms {
        let HsmBackend::Software { path, passphrase } = &hsm.backend else { continue };
        if let Some(file) = passphrase.file().filter(|file| !file.exists()) {
            let random: String = entropy.bytes::<32>().iter().map(|octet| format!("{octet:02x}")).collect();
            write_new(file, format!("{random}\n").as_bytes(), 0o600, traces)?;
        }
        traces.expect(path);
        let keystore = SoftwareKeystore::new(&hsm.name, path);
        keystore.create(hsms::text(&hsm.name, passphrase)?).await.map_err(Failure::failed)?;
    }
    Ok(())
}

/// Refuses an existing file: nothing of an installation is ever overwritten.
fn write_new(path: &Path, bytes: &[u8], mode: u32, traces: &mut Traces) -> Result<(), Failure> {
    use std::io::Write as _;
    traces.expect(path);
    let fault = |error: std::io::Error| Failure::failed(anyhow::anyhow!("cannot write {}: {error}", path.display()));
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(fault)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault)
}

fn config(arguments: &InitArguments, audience: Audience) -> Result<Config, Failure> {
    let host = arguments.dns.first().map_or("127.0.0.1", String::as_str);
    let hsms = hsm_sections(&arguments.hsm)?;
    let first = hsms.first().map(|hsm| hsm.name.clone()).unwrap_or_default();
    let root_hsm = arguments.root_hsm.clone().unwrap_or_else(|| first.clone());
    if !hsms.iter().any(|hsm| hsm.name == root_hsm) {
        return Err(Failure::usage(anyhow::anyhow!("--root-hsm {root_hsm}: there is no --hsm of that name")));
    }
    let authority = |name: &str, hsm: &str, automatic: Option<bool>| AuthorityConfig {
        name: name.to_owned(),
        hsm: hsm.to_owned(),
        crl: automatic.map(|automatic| CrlConfig { automatic: Some(automatic), ..CrlConfig::default() }),
    };
    Ok(Config {
        server: ServerConfig {
            public_url: arguments.public_url.clone().unwrap_or_else(|| format!("https://{}:8443", bracketed(host))),
            listen: arguments.listen.map(|listen| listen.to_string()),
            status_url: arguments.status_url.clone().unwrap_or_else(|| format!("http://{}:8080", bracketed(host))),
            status_listen: arguments.status_listen.map(|listen| listen.to_string()),
            names: (!arguments.dns.is_empty()).then(|| arguments.dns.clone()),
            ..ServerConfig::default()
        },
        database: DatabaseSection {
            url: Some(arguments.database.clone().unwrap_or_else(|| "sqlite:signet.db".to_owned())),
            password_file: arguments.database_password_file.clone().map(absolute),
        },
        authority: vec![authority(ROOT, &root_hsm, Some(root_hsm == first)), authority(ISSUING, &first, None)],
        hsm: hsms,
        acme: vec![acme(audience)],
        ..Config::default()
    })
}

fn acme(audience: Audience) -> AcmeConfig {
    let loopback = || ["127.0.0.0/8", "::1/128"].iter().map(|network| (*network).to_owned()).collect();
    AcmeConfig {
        name: "acme".to_owned(),
        issuer: ISSUING.to_owned(),
        profiles: ["tls-server"].iter().map(|name| (*name).to_owned()).collect(),
        validation: (audience == Audience::ThisMachine).then(|| ValidationConfig {
            http_port: Some(5002),
            tls_alpn_port: Some(5001),
            allow: Some(loopback()),
            ..ValidationConfig::default()
        }),
        ..AcmeConfig::default()
    }
}

fn hsm_sections(given: &[String]) -> Result<Vec<HsmConfig>, Failure> {
    let default = ["local=software:keys".to_owned()];
    let given = if given.is_empty() { &default[..] } else { given };
    let section = |text: &String| {
        let (name, uri) = text.split_once('=').ok_or_else(|| {
            Failure::usage(anyhow::anyhow!("--hsm {text}: write NAME=URI, for instance local=software:keys"))
        })?;
        HsmConfig::from_uri(name, uri).map_err(|fault| Failure::usage(anyhow::anyhow!("--hsm {text}: {fault}")))
    };
    given.iter().map(section).collect()
}

/// A relative path on the command line is relative to where the command was typed, not to the file.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
