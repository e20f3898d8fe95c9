//! `signet init`: root and issuing CA in an HSM, the database, and `signet.toml`.

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
use crate::config::{DatabaseConfig as DatabaseSection, ValidationConfig, render};
use crate::entropy::Entropy;
use crate::hsms;
use crate::ops::acme::Origin;
use crate::ops::initialize::{Ceremony, Hierarchy, ISSUING, ROOT};
use crate::policies::Policies;
use crate::start;
use crate::store::{Store, migration};

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
    let fresh = !arguments.data.exists();
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&arguments.data)?;
    let result = build(&arguments, key, &config).await;
    if result.is_err() {
        undo(&arguments.data, fresh);
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

/// Only what this call made: the directory held none of it before.
fn undo(data: &Path, fresh: bool) {
    for file in FILES.iter().chain(&["signet.db-wal", "signet.db-shm", "keys.passphrase"]) {
        let path = data.join(file);
        let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
    }
    if fresh {
        let _ = std::fs::remove_dir(data);
    }
}

async fn build(arguments: &InitArguments, key: KeySpec, config: &Config) -> Result<Hierarchy, Failure> {
    let file = arguments.data.join("signet.toml");
    write_new(&file, render(config).as_bytes(), 0o600)?;
    let settings = Settings::load(&file)?;
    let (clock, policies) = (Clock::system(), Policies::load(None)?);
    let entropy = Entropy::new(clock.clone());
    create_keystores(&settings, &entropy).await?;
    let opened = hsms::open_all(&settings.hsms).await?;
    let database = start::database(&settings.database, &settings.directory())?;
    migration::migrate(&database).await?;
    let store = Store::open(&database).await?;
    let hsm = |name: &str| {
        opened
            .get(name)
            .ok_or_else(|| Failure::usage(anyhow::anyhow!("--root-hsm {name}: there is no --hsm of that name")))
    };
    let ceremony = Ceremony {
        store: &store,
        clock: &clock,
        entropy: &entropy,
        policies: &policies,
        actor: &local_administrator(),
        origin: &Origin { address: "command line".to_owned(), request_id: entropy.uuid().to_string() },
        name: &arguments.name,
        status_url: &settings.server.status_url,
        key,
        root_hsm: hsm(authority_hsm(config, ROOT))?.as_ref(),
        issuing_hsm: hsm(authority_hsm(config, ISSUING))?.as_ref(),
    };
    let hierarchy = ceremony.hold().await?;
    store.close().await;
    write_new(&arguments.data.join("root.pem"), hierarchy.root.to_pem().as_bytes(), 0o644)?;
    write_new(&arguments.data.join("issuing.pem"), hierarchy.issuing.to_pem().as_bytes(), 0o644)?;
    publish_first_crls(settings).await?;
    Ok(hierarchy)
}

fn authority_hsm<'a>(config: &'a Config, name: &str) -> &'a str {
    let found = config.authority.iter().find(|authority| authority.name == name);
    found.map_or("", |authority| authority.hsm.as_str())
}

/// Every certificate names a CRL: the first ones are there before the first certificate is.
async fn publish_first_crls(settings: Settings) -> Result<(), Failure> {
    let app = start::open(settings).await?;
    let origin = super::installation::origin(&app);
    for authority in app.authorities.all() {
        crate::ops::revocation::publish::publish(&app, &local_administrator(), &origin, authority, 0).await?;
    }
    app.store.close().await;
    Ok(())
}

/// Makes each software keystore, with a random passphrase in a file beside it unless there is one.
async fn create_keystores(settings: &Settings, entropy: &Entropy) -> Result<(), Failure> {
    for hsm in &settings.hsms {
        let HsmBackend::Software { path, passphrase } = &hsm.backend else { continue };
        if let Some(file) = passphrase.file().filter(|file| !file.exists()) {
            let random: String = entropy.bytes::<32>().iter().map(|octet| format!("{octet:02x}")).collect();
            write_new(file, format!("{random}\n").as_bytes(), 0o600)?;
        }
        let keystore = SoftwareKeystore::new(&hsm.name, path);
        keystore.create(hsms::text(&hsm.name, passphrase)?).await.map_err(Failure::failed)?;
    }
    Ok(())
}

/// Refuses an existing file: nothing of an installation is ever overwritten.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    use std::io::Write as _;
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
