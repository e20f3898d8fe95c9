//! Work that the server does by itself. Each job is one file, idempotent, and tells the log when it fails.

mod authority_states;
mod clock_watch;
mod counting;
mod due;
mod expiry_watch;
mod hsm_health;
mod intent_recovery;
mod issuance_requests;
mod listener_certificate;
mod load_crls;
mod notices;
mod publish_crls;
mod retention;
mod signing;
mod signing_canaries;
mod signing_certificates;
mod signing_keys;
mod timestamp_certificate;
mod unlock_nonces;
mod upkeep;

use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::listener_certificate::ListenerIdentity;

/// The jobs of a server.
pub struct Jobs {
    loops: JoinSet<()>,
    performing: due::Performing,
}

impl Jobs {
    /// Starts every job; they end when `stop` is cancelled.
    pub fn start(app: &Arc<App>, identity: &Arc<ListenerIdentity>, stop: &CancellationToken) -> Self {
        let (mut loops, performing) = (JoinSet::new(), due::Performing::default());
        let mut every = |name, period, job: Job| {
            loops.spawn(repeat(Arc::clone(app), stop.clone(), Beat { name, period, bell: Bell::None }, job));
        };
        every("intent-recovery", Duration::from_secs(5), boxed(intent_recovery::run));
        every("issuance-requests", Duration::from_secs(5), boxed(issuance_requests::run));
        every("notices", Duration::from_secs(1), boxed(notices::run));
        every("load-crls", Duration::from_millis(500), boxed(load_crls::run));
        every("publish-crls", Duration::from_secs(5), boxed(publish_crls::run));
        every("authority-states", Duration::from_millis(500), boxed(authority_states::run));
        every("unlock-nonces", Duration::from_secs(1), boxed(unlock_nonces::run));
        every("counting", Duration::from_secs(15), boxed(counting::run));
        every("expiry-watch", Duration::from_secs(60), boxed(expiry_watch::run));
        every("upkeep", Duration::from_secs(5), boxed(upkeep::run));
        every("retention", Duration::from_secs(60), boxed(retention::run));
        every("clock-watch", Duration::from_secs(4), boxed(clock_watch::run));
        every("timestamp-certificate", Duration::from_secs(60), boxed(timestamp_certificate::run));
        every("signing-certificates", Duration::from_secs(60), boxed(signing_certificates::run));
        every("signing-canaries", Duration::from_secs(30), boxed(signing_canaries::run));
        every("signing-keys", Duration::from_secs(5), boxed(signing_keys::run));
        every("hsm-health", Duration::from_secs(60), boxed(hsm_health::run));
        let identity = Arc::clone(identity);
        let renew = move |app: Arc<App>| listener_certificate::run(app, Arc::clone(&identity));
        every("listener-certificate", Duration::from_secs(60), boxed(renew));
        let taken = Arc::clone(&performing);
        let beat = Beat { name: "signing", period: Duration::from_secs(1), bell: Bell::Signing };
        loops.spawn(repeat(Arc::clone(app), stop.clone(), beat, boxed(signing::run)));
        let due = boxed(move |app: Arc<App>| due::run(app, Arc::clone(&taken)));
        let beat = Beat { name: "due", period: Duration::from_millis(250), bell: Bell::Work };
        loops.spawn(repeat(Arc::clone(app), stop.clone(), beat, due));
        Self { loops, performing }
    }

    /// Waits until all have ended after `stop`, at most for `limit`. What is cut short is taken up again by the next server.
    pub async fn finish(mut self, limit: Duration) {
        let ended = async {
            while self.loops.join_next().await.is_some() {}
            let mut rows = std::mem::take(&mut *self.performing.lock().unwrap_or_else(PoisonError::into_inner));
            while rows.join_next().await.is_some() {}
        };
        if timeout(limit, ended).await.is_err() {
            tracing::warn!("a job did not end in time; what it was doing is taken up again later");
        }
    }
}

/// How often a job is done.
struct Beat {
    name: &'static str,
    period: Duration,
    bell: Bell,
}

/// What else than time calls a job.
#[derive(Clone, Copy)]
enum Bell {
    None,
    /// Work was queued by this process.
    Work,
    /// There is something to sign.
    Signing,
}

impl Bell {
    async fn rung(self, app: &App) {
        match self {
            Self::Work => app.bell.notified().await,
            Self::Signing => app.signing.work.notified().await,
            Self::None => std::future::pending().await,
        }
    }
}

type Running = std::pin::Pin<Box<dyn Future<Output = Result<(), OpError>> + Send>>;
type Job = Box<dyn Fn(Arc<App>) -> Running + Send + Sync>;

fn boxed<F>(job: impl Fn(Arc<App>) -> F + Send + Sync + 'static) -> Job
where
    F: Future<Output = Result<(), OpError>> + Send + 'static,
{
    Box::new(move |app| Box::pin(job(app)))
}

/// Longest pause between two tries of a job that fails.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

async fn repeat(app: Arc<App>, stop: CancellationToken, beat: Beat, job: Job) {
    let Beat { name, period, bell } = beat;
    let mut failures: u32 = 0;
    loop {
        match job(Arc::clone(&app)).await {
            Ok(()) => failures = 0,
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::warn!(job = name, %error, failures, "job failed; it is tried again");
            }
        }
        let pause = period.saturating_mul(2_u32.saturating_pow(failures.min(8))).min(LONGEST_PAUSE.max(period));
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.clock.sleep(pause) => {}
            () = bell.rung(&app) => {}
        }
    }
}
