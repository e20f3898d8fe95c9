//! Takes job rows whose time has come, with a lease, and does them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::app::App;
use crate::ops::certificate::bulk;
use crate::ops::revocation::publish;
use crate::ops::{OpError, acme};
use crate::store::job::{self, Job};

/// Rows taken at once.
const BATCH: i64 = 32;

/// After so long a taken row counts as abandoned by a process that died.
const LEASE: Duration = Duration::from_secs(60);

/// Pause before a row that failed is tried again; it doubles with each failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Rows that are being done. A server that stops waits for them: a publication cut short would leave its lease behind.
pub(super) type Performing = Arc<Mutex<JoinSet<()>>>;

pub(super) async fn run(app: Arc<App>, performing: Performing) -> Result<(), OpError> {
    let (now, holder) = (app.clock.now(), app.instance.clone());
    let taken = app.store.write(move |c| job::claim(c, &holder, now, now.plus(LEASE), BATCH)).await?;
    let mut performing = performing.lock().unwrap_or_else(PoisonError::into_inner);
    while performing.try_join_next().is_some() {}
    for row in taken {
        performing.spawn(perform(Arc::clone(&app), row));
    }
    Ok(())
}

async fn perform(app: Arc<App>, row: Job) {
    let result = match row.kind.as_str() {
        acme::challenge::JOB => acme::challenge::resume(&app, &row.payload).await,
        publish::JOB => publish::run_job(&app, &row.key).await,
        bulk::JOB => bulk::run_job(&app, &row.key).await,
        other => Err(OpError::Integrity(format!("job {}: unknown kind {other}", row.id))),
    };
    let ended = match result {
        Ok(()) => {
            let now = app.clock.now();
            app.store.write(move |c| job::finish(c, &row, now)).await
        }
        Err(error) => {
            let (text, again) = (error.to_string(), app.clock.now().plus(pause(&row, &error)));
            app.store.write(move |c| job::retry(c, &row, again, &text)).await
        }
    };
    if let Err(error) = ended {
        tracing::warn!(%error, "the end of a job could not be recorded; its lease will run out");
    }
}

/// Another process that does the same at this moment is soon done; what failed is given more time at each failure.
fn pause(row: &Job, error: &OpError) -> Duration {
    if matches!(error, OpError::Conflict(_)) {
        tracing::debug!(job = %row.kind, key = %row.key, %error, "job waits for another process");
        return PAUSE;
    }
    tracing::warn!(job = %row.kind, key = %row.key, %error, "job failed; it is tried again");
    let doublings = u32::try_from(row.attempts.clamp(1, 8) - 1).unwrap_or_default();
    PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE)
}
