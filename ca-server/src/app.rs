//! Everything a use case may need, made once at start: [`App`].

use std::collections::HashMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use ca_core::hsm::Hsm;
use ca_core::time::UnixMicros;
use tokio::sync::Notify;

use crate::authorities::{Authorities, Authority};
use crate::clock::Clock;
use crate::config::{AcmeSettings, Settings};
use crate::entropy::Entropy;
use crate::hsm_watch::HsmWatch;
use crate::notices::Senders;
use crate::oidc;
use crate::ops::OpError;
use crate::ops::acme::accounts::AccountCache;
use crate::ops::acme::nonces::Nonces;
use crate::ops::operator::password::PasswordHashing;
use crate::ops::revocation::published::PublishedCrls;
use crate::ops::signing::Signing;
use crate::ops::timestamp::Timestamps;
use crate::policies::Policies;
use crate::profile_versions::ProfileVersions;
use crate::secrets::Secrets;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::validation::Validator;

/// The server's parts. Shared by every listener, job and command; holds no lock across a wait.
pub struct App {
    /// What the configuration says.
    pub settings: Settings,
    /// The only reader of time.
    pub clock: Clock,
    /// The only source of randomness.
    pub entropy: Entropy,
    /// The database.
    pub store: Store,
    /// The HSMs by their configured names.
    pub hsms: HashMap<String, Arc<dyn Hsm>>,
    /// How they answered lately.
    pub hsm_watch: HsmWatch,
    /// CA certificates and keys.
    pub authorities: Authorities,
    /// Profiles, authorization policy and blocked keys in force.
    pub policies: ArcSwap<Policies>,
    /// Profile versions that orders are pinned to.
    pub profile_versions: ProfileVersions,
    /// Opens and seals secrets of the database.
    pub secrets: Secrets,
    /// The name given to the installation at `init`.
    pub installation_name: String,
    /// The queue in front of password hashing.
    pub passwords: PasswordHashing,
    /// Replay nonces.
    pub nonces: Nonces,
    /// Accounts with their parsed keys.
    pub accounts: AccountCache,
    /// CRLs as they are served.
    pub crls: PublishedCrls,
    /// What performs ACME probes, by endpoint.
    pub validators: HashMap<String, Validator>,
    /// What sends notices.
    pub senders: Senders,
    /// Identity providers whose people may sign in, in the order of the configuration.
    pub identity_providers: Vec<oidc::Provider>,
    /// What is kept in memory for signing.
    pub signing: Signing,
    /// What is kept in memory for timestamps.
    pub timestamps: Timestamps,
    /// What `/metrics` shows; set by `serve` only.
    pub metrics: OnceLock<Metrics>,
    /// Seconds since 1970 at which the newest certificate known to this process was recorded.
    pub newest_issuance: AtomicI64,
    /// Rung when this process has queued work that is due now.
    pub bell: Notify,
    /// Names this process in leases: host and process.
    pub instance: String,
}

impl App {
    /// The ACME endpoint of that name.
    pub fn endpoint(&self, name: &str) -> Option<&AcmeSettings> {
        self.settings.acme.iter().find(|endpoint| endpoint.name == name)
    }

    /// The identity provider of that name.
    pub fn identity_provider(&self, name: &str) -> Option<&oidc::Provider> {
        self.identity_providers.iter().find(|provider| provider.settings.name == name)
    }

    /// The HSM that holds an authority's key.
    ///
    /// # Errors
    /// [`OpError::NotFound`] when it is not configured.
    pub fn hsm_of(&self, authority: &Authority) -> Result<&Arc<dyn Hsm>, OpError> {
        let missing = || {
            OpError::NotFound(format!("HSM {:?} of authority {:?} is not configured", authority.hsm, authority.name))
        };
        self.hsms.get(&authority.hsm).ok_or_else(missing)
    }

    /// Records how long a signature took.
    pub fn observe_signature(&self, hsm: &str, begun: UnixMicros) {
        let micros = self.clock.now_micros().micros().saturating_sub(begun.micros()).max(0);
        let seconds = std::time::Duration::from_micros(micros.unsigned_abs()).as_secs_f64();
        metrics::histogram!("signet_hsm_sign_seconds", "hsm" => hsm.to_owned()).record(seconds);
    }
}
