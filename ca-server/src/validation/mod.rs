//! Performs what [`ca_core::acme::challenge::probe`] asks for and returns what it saw. Nothing here judges.
//!
//! An ACME server inside a network is a port scanner for anyone with an account unless something holds it back. Here that is the
//! [`NetworkGuard`]: every connection, also the one after a redirect, is opened to an address that the guard has just accepted,
//! never to a name that might resolve anew.

mod dial;
mod dns01;
mod failure;
mod http01;
mod limits;
mod network_guard;
mod redirect;
mod resolver;
mod tls_alpn01;
mod unverified_tls;

use std::sync::Arc;
use std::time::Duration;

use ca_core::acme::challenge::{Outcome, Probe, ProbeFailure};
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::ValidationSettings;

pub use network_guard::NetworkGuard;
pub use resolver::ResolverError;

use dial::Dialer;
use failure::Failure;
use http01::HttpClient;
use limits::Limits;
use resolver::Resolver;
use tls_alpn01::TlsAlpnClient;

/// Probes at the same time, per endpoint; more wait for their turn.
const CONCURRENT_PROBES: usize = 64;

/// Probes challenges by the rules of one ACME endpoint. Clones share limits and resolver.
#[derive(Clone)]
pub struct Validator(Arc<Parts>);

struct Parts {
    http: HttpClient,
    tls: TlsAlpnClient,
    resolver: Resolver,
    places: Semaphore,
    limits: Limits,
    clock: Clock,
}

impl Validator {
    /// Prepares resolver, guard and clients as `settings` say.
    ///
    /// # Errors
    /// When the resolver cannot be set up.
    pub fn new(settings: &ValidationSettings, clock: Clock) -> Result<Self, ResolverError> {
        Self::with_limits(settings, clock, Limits::STANDARD)
    }

    fn with_limits(settings: &ValidationSettings, clock: Clock, limits: Limits) -> Result<Self, ResolverError> {
        let resolver = Resolver::new(&settings.resolvers, limits)?;
        let guard = NetworkGuard::new(settings.allow.clone(), settings.deny.clone());
        let dialer = Dialer::new(guard, resolver.clone(), limits);
        Ok(Self(Arc::new(Parts {
            http: HttpClient::new(dialer.clone(), settings.http_port, limits),
            tls: TlsAlpnClient::new(dialer, settings.tls_alpn_port, limits),
            resolver,
            places: Semaphore::new(CONCURRENT_PROBES),
            limits,
            clock,
        })))
    }

    /// Does what `probe` says, within ten seconds once it is its turn. Failures are outcomes too.
    pub async fn perform(&self, probe: &Probe) -> Outcome {
        let _place = self.0.places.acquire().await;
        let started = self.0.clock.now_micros();
        let outcome = match tokio::time::timeout(self.0.limits.total, self.look(probe)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                Failure::new(ProbeFailure::Timeout, format!("the probe took longer than {:?}", self.0.limits.total))
                    .into()
            }
        };
        let micros = self.0.clock.now_micros().micros().saturating_sub(started.micros());
        record(probe, &outcome, Duration::from_micros(micros.max(0).unsigned_abs()));
        outcome
    }

    async fn look(&self, probe: &Probe) -> Outcome {
        match probe {
            Probe::HttpGet { host, path } => self.0.http.get(host, path).await,
            Probe::DnsTxt { name } => dns01::ask(&self.0.resolver, name).await,
            Probe::TlsAlpn { host } => self.0.tls.handshake(host).await,
        }
    }
}

fn record(probe: &Probe, outcome: &Outcome, took: Duration) {
    let challenge = match probe {
        Probe::HttpGet { .. } => "http-01",
        Probe::DnsTxt { .. } => "dns-01",
        Probe::TlsAlpn { .. } => "tls-alpn-01",
    };
    let result = match outcome {
        Outcome::Failed { failure, .. } => failure.name(),
        Outcome::Http { .. } | Outcome::Txt { .. } | Outcome::TlsAlpn { .. } => "answered",
    };
    metrics::counter!("signet_validation_probes_total", "challenge" => challenge, "result" => result).increment(1);
    metrics::histogram!("signet_validation_probe_seconds", "challenge" => challenge).record(took);
    tracing::debug!(challenge, result, ?probe, ?outcome, "probed");
}

#[cfg(test)]
mod tests;
