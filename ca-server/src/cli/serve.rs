//! `signet serve`: run until SIGTERM or Ctrl-C; SIGHUP reloads policies and TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::arguments::ConfigArgument;
use super::failure::Failure;
use super::output::note;
use super::{installation, quickstart};
use crate::app::App;
use crate::config::{DatabaseSettings, MutualTlsSettings, Settings};
use crate::http::listener::{ConnectionLimits, Listener, Transport};
use crate::jobs::Jobs;
use crate::ops::listener_certificate::{self, ListenerIdentity};
use crate::ops::operator;
use crate::policies::Policies;
use crate::store::serve_lock::ServeLock;
use crate::telemetry::{self, LogFormat, Metrics};
use crate::tls::{mutual_server_config, read_roots, server_config};
use crate::{http, ops, start};

/// Whether the terminal is greeted with what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greeting {
    /// `quickstart`.
    Shown,
    /// `serve`.
    Silent,
}

pub(super) async fn run(config: &ConfigArgument) -> Result<(), Failure> {
    serve(config, Greeting::Silent).await
}

pub(super) async fn serve(config: &ConfigArgument, greeting: Greeting) -> Result<(), Failure> {
    let settings = installation::settings(config)?;
    telemetry::start_logging(LogFormat::of_stderr()).map_err(Failure::failed)?;
    let metrics = Metrics::install().map_err(Failure::failed)?;
    let _lock = prepare_database(&settings).await?;
    let app = start::open(settings).await?;
    let _ = app.metrics.set(metrics);
    if let Err(error) = start::unlock_nonces(&app).await {
        tracing::error!(%error, "ACME answers 503 until the HSM that opens this server's secrets is back");
    }
    let identity = listener_certificate::obtain(&app).await?;
    let stop = CancellationToken::new();
    let listeners = bind(&app, &identity).await?;
    let work = Jobs::start(&app, &identity, &stop);
    let serving = listeners.serve(&app, &stop);
    tracing::info!(listen = %app.settings.server.listen, status_listen = %app.settings.server.status_listen, "serving");
    if greeting == Greeting::Shown {
        let origin = installation::origin(&app);
        let first = operator::first::ensure(&app, &installation::local_administrator(), &origin).await?;
        note(quickstart::greeting(&app, first.as_ref().map(|password| password.as_str())));
    }
    wait(&app, &identity).await?;
    tracing::info!("stopping: requests in flight are finished");
    stop.cancel();
    let _ = tokio::join!(serving.join_all(), work.finish(ConnectionLimits::default().drain));
    app.store.close().await;
    Ok(())
}

/// SQLite: one server a database, migrated by itself. PostgreSQL: `signet migrate` does it, once for all replicas.
async fn prepare_database(settings: &Settings) -> Result<Option<ServeLock>, Failure> {
    let database = start::database(&settings.database, &settings.directory())?;
    let DatabaseSettings::Sqlite { .. } = &settings.database else { return Ok(None) };
    let lock = ServeLock::acquire(&database)?;
    let policies = Policies::load(settings.server.policies_dir.as_deref())?;
    ops::migrate::migrate(&policies, &installation::local_administrator(), &database).await?;
    Ok(Some(lock))
}

/// Every listener, bound.
struct Listeners {
    public: Listener,
    mutual: Option<Listener>,
    status: Listener,
}

impl Listeners {
    fn serve(self, app: &Arc<App>, stop: &CancellationToken) -> JoinSet<()> {
        let mut serving = JoinSet::new();
        for listener in [Some(self.public), self.mutual].into_iter().flatten() {
            serving.spawn(listener.serve(http::public_router(app), stop.clone()));
        }
        serving.spawn(self.status.serve(http::status_router(app), stop.clone()));
        serving
    }
}

async fn bind(app: &App, identity: &ListenerIdentity) -> Result<Listeners, Failure> {
    let server = &app.settings.server;
    let certificate = || Arc::clone(identity.certificate());
    let mutual = match &server.mutual_tls {
        Some(mutual) => {
            let config = mutual_server_config(certificate(), client_roots(app, mutual)?).map_err(Failure::failed)?;
            Some(listener(app, mutual.listen, Transport::MutualTls(config)).await?)
        }
        None => None,
    };
    let tls = server_config(certificate()).map_err(Failure::failed)?;
    Ok(Listeners {
        public: listener(app, server.listen, Transport::Tls(tls)).await?,
        mutual,
        status: listener(app, server.status_listen, Transport::Plain).await?,
    })
}

async fn listener(app: &App, address: SocketAddr, transport: Transport) -> Result<Listener, Failure> {
    let limits = ConnectionLimits {
        connections_per_address: app.settings.server.connections_per_address.get(),
        ..ConnectionLimits::default()
    };
    let busy = |error: std::io::Error| Failure::failed(anyhow::anyhow!("cannot listen on {address}: {error}"));
    Listener::bind(address, transport, limits, app.clock.clone()).await.map_err(busy)
}

/// The roots that the configuration names, or those of this server.
fn client_roots(app: &App, mutual: &MutualTlsSettings) -> Result<Vec<CertificateDer<'static>>, Failure> {
    match &mutual.ca_file {
        Some(file) => read_roots(file).map_err(Failure::usage),
        None => Ok(app
            .authorities
            .roots()
            .map(|root| CertificateDer::from(root.issuer.certificate().as_der().to_vec()))
            .collect()),
    }
}

/// Returns when the server is to stop.
async fn wait(app: &Arc<App>, identity: &Arc<ListenerIdentity>) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hangup.recv() => reload(app, identity).await,
        }
    }
}

/// A reload that fails leaves everything as it was.
async fn reload(app: &Arc<App>, identity: &Arc<ListenerIdentity>) {
    match Policies::load(app.settings.server.policies_dir.as_deref()) {
        Ok(policies) => match start::record_rules(&app.store, &policies, &app.clock).await {
            Ok(_) => app.policies.store(Arc::new(policies)),
            Err(error) => tracing::error!(%error, "the policies could not be recorded; the old ones stay in force"),
        },
        Err(error) => tracing::error!(%error, "the policies could not be reloaded; the old ones stay in force"),
    }
    match listener_certificate::refresh(app, identity).await {
        Ok(()) => tracing::info!("policies and TLS are reloaded"),
        Err(error) => tracing::error!(%error, "the listener's certificate could not be reloaded; the old one stays"),
    }
}
