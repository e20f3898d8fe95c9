//! From settings to an [`App`]: what `serve` and every command do first.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use arc_swap::ArcSwap;
use ca_core::acme::nonce::NonceKey;
use ca_core::time::UnixTime;
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::app::App;
use crate::authorities::Authorities;
use crate::clock::Clock;
use crate::config::{ConfigError, DatabaseSettings, Settings};
use crate::entropy::Entropy;
use crate::hsms::{self, OpenError};
use crate::notices::{NoticesError, Senders};
use crate::oidc::{self, ProviderError};
use crate::ops::OpError;
use crate::ops::acme::nonces::Nonces;
use crate::ops::timestamp::Timestamps;
use crate::policies::{Policies, PoliciesError};
use crate::profile_versions::{ProfileVersions, RulesInForce};
use crate::secrets::Secrets;
use crate::store::{DatabaseConfig, Store, StoreError, certificate, installation};
use crate::tsa_client::TsaClientError;
use crate::validation::{ResolverError, Validator};

/// Why the server or a command cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A policy file is wrong.
    #[error(transparent)]
    Policies(#[from] PoliciesError),
    /// The resolvers cannot be used.
    #[error(transparent)]
    Resolver(#[from] ResolverError),
    /// Notices cannot be sent.
    #[error(transparent)]
    Notices(#[from] NoticesError),
    /// Other time-stamping authorities cannot be asked.
    #[error(transparent)]
    TsaClient(#[from] TsaClientError),
    /// An identity provider cannot be asked.
    #[error(transparent)]
    IdentityProvider(#[from] ProviderError),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An HSM cannot be opened.
    #[error(transparent)]
    Hsm(#[from] OpenError),
    /// What the database holds does not fit the configuration.
    #[error(transparent)]
    Op(#[from] OpError),
}

/// Opens everything that the settings name.
///
/// # Errors
/// [`StartError`].
pub async fn open(settings: Settings) -> Result<Arc<App>, StartError> {
    open_at(settings, Clock::system()).await
}

/// The same by another clock, so that stories about hours run in milliseconds.
///
/// # Errors
/// [`StartError`].
pub async fn open_at(settings: Settings, clock: Clock) -> Result<Arc<App>, StartError> {
    let policies = Policies::load(settings.server.policies_dir.as_deref())?;
    settings.require_profiles(&policies.profiles().map(|profile| profile.name().to_owned()).collect())?;
    let store = Store::open(&database(&settings.database, &settings.directory())?).await?;
    let entropy = Entropy::new(clock.clone());
    let hsms = hsms::open_all(&settings.hsms).await?;
    let authorities = Authorities::load(&store, &settings, &hsms).await?;
    let profile_versions = record_rules(&store, &policies, &clock).await?;
    let secrets = Secrets::default();
    let nonces = nonces(&store, &clock, &entropy).await?;
    let validators = validators(&settings, &clock)?;
    let senders = Senders::new(&settings.notices, &authorities.roots_pem())?;
    let timestamps = Timestamps::new(&settings.timestamp, &authorities.roots_pem())?;
    let identity_providers = identity_providers(&settings, &clock)?;
    let newest = store.read(certificate::newest).await?;
    let installation = store.read(installation::load).await?;
    Ok(Arc::new(App {
        instance: instance(&entropy),
        settings,
        clock,
        entropy,
        store,
        hsms,
        hsm_watch: Default::default(),
        authorities,
        policies: ArcSwap::from_pointee(policies),
        profile_versions,
        secrets,
        installation_name: installation.map(|found| found.name).unwrap_or_default(),
        passwords: Default::default(),
        nonces,
        accounts: Default::default(),
        crls: Default::default(),
        validators,
        senders,
        identity_providers,
        signing: Default::default(),
        timestamps,
        metrics: Default::default(),
        bell: Notify::new(),
        newest_issuance: AtomicI64::new(newest.map_or(i64::MIN, UnixTime::seconds)),
    }))
}

/// What `init` and `open` share: the database as the settings describe it.
///
/// # Errors
/// When the URL or the password's source cannot be used.
pub fn database(settings: &DatabaseSettings, directory: &Path) -> Result<DatabaseConfig, StoreError> {
    match settings {
        DatabaseSettings::Sqlite { path } => DatabaseConfig::new(&format!("sqlite:{}", path.display()), directory),
        DatabaseSettings::Postgres { url, password_file } => {
            let mut config = DatabaseConfig::new(url.as_str(), directory)?;
            config.password_file.clone_from(password_file);
            Ok(config)
        }
    }
}

/// Stores profile versions, policy set and blocked keys of the files, and keeps the profiles at hand.
///
/// # Errors
/// When the database fails.
pub async fn record_rules(store: &Store, policies: &Policies, clock: &Clock) -> Result<ProfileVersions, StartError> {
    let versions = ProfileVersions::default();
    policies.profiles().for_each(|profile| versions.remember(Arc::clone(profile)));
    let rules = RulesInForce::of(policies, clock.now());
    store.write(move |c| rules.record(c)).await?;
    Ok(versions)
}

/// Nonces of one server have a key of their own; replicas share one, which [`unlock_nonces`] brings.
async fn nonces(store: &Store, clock: &Clock, entropy: &Entropy) -> Result<Nonces, StartError> {
    if store.shares_database() {
        return Ok(Nonces::of_database(store, clock, entropy).await?);
    }
    Ok(Nonces::of_process(nonce_key(&Zeroizing::new(entropy.bytes()))?, entropy))
}

/// Opens the nonce key that replicas share, a secret of the installation; nothing to do when it is open.
///
/// # Errors
/// When the HSM that opens secrets is away: ACME answers 503 until this succeeds.
pub async fn unlock_nonces(app: &App) -> Result<(), OpError> {
    if !app.nonces.is_locked() {
        return Ok(());
    }
    let (store, hsms, place) = (&app.store, &app.hsms, installation::secret_place(NONCE_KEY));
    let fresh = Zeroizing::new(app.entropy.bytes::<32>());
    let candidate = app.secrets.seal(store, hsms, &app.entropy, place, fresh.as_slice()).await?;
    let now = app.clock.now();
    let sealed = store.write(move |c| installation::secret(c, NONCE_KEY, &candidate, now)).await?;
    let opened = app.secrets.open(store, hsms, place, &sealed).await?;
    let octets = <[u8; 32]>::try_from(opened.as_slice())
        .map_err(|_| OpError::Integrity(format!("sealed_secret {NONCE_KEY}: not 32 octets")))?;
    app.nonces.unlock(nonce_key(&Zeroizing::new(octets))?);
    Ok(())
}

const NONCE_KEY: &str = "nonce-key";

fn nonce_key(octets: &Zeroizing<[u8; 32]>) -> Result<NonceKey, OpError> {
    NonceKey::new(octets).map_err(|fault| OpError::Integrity(fault.to_string()))
}

fn validators(settings: &Settings, clock: &Clock) -> Result<HashMap<String, Validator>, StartError> {
    let validator = |endpoint: &crate::config::AcmeSettings| {
        Ok((endpoint.name.clone(), Validator::new(&endpoint.validation, clock.clone())?))
    };
    settings.acme.iter().map(validator).collect()
}

fn identity_providers(settings: &Settings, clock: &Clock) -> Result<Vec<oidc::Provider>, ProviderError> {
    let public_url = &settings.server.public_url;
    let provider = |of: &crate::config::OidcSettings| oidc::Provider::new(of.clone(), public_url, clock.clone());
    settings.oidc.iter().map(provider).collect()
}

/// Names this process in leases.
fn instance(entropy: &Entropy) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    format!("{host}/{}/{}", std::process::id(), entropy.uuid())
}
