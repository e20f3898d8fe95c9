//! Work that the server does by itself. Each job is one file, idempotent, and tells the log when it fails.

mod due;
mod hsm_health;
mod intent_recovery;
mod listener_certificate;
mod publish_crls;
mod retention;
mod unlock_nonces;
mod upkeep;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::listener_certificate::ListenerIdentity;

/// Starts every job; they end when `stop` is cancelled.
pub fn start(app: &Arc<App>, identity: &Arc<ListenerIdentity>, stop: &CancellationToken) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let mut every = |name, period, job: Job| {
        jobs.spawn(repeat(Arc::clone(app), stop.clone(), name, period, job));
    };
    every("due", Duration::from_millis(250), boxed(due::run));
    every("intent-recovery", Duration::from_secs(5), boxed(intent_recovery::run));
    every("publish-crls", Duration::from_millis(500), boxed(publish_crls::run));
    every("unlock-nonces", Duration::from_secs(1), boxed(unlock_nonces::run));
    every("upkeep", Duration::from_secs(5), boxed(upkeep::run));
    every("retention", Duration::from_secs(60), boxed(retention::run));
    every("hsm-health", Duration::from_secs(60), boxed(hsm_health::run));
    let identity = Arc::clone(identity);
    let renew = move |app: Arc<App>| listener_certificate::run(app, Arc::clone(&identity));
    every("listener-certificate", Duration::from_secs(60), boxed(renew));
    jobs
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

async fn repeat(app: Arc<App>, stop: CancellationToken, name: &'static str, period: Duration, job: Job) {
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
        }
    }
}
