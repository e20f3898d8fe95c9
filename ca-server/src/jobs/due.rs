//! Takes job rows whose time has come, with a lease, and does them.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::ops::certificate::bulk;
use crate::ops::revocation::publish;
use crate::ops::{OpError, acme};
use crate::store::job::{self, Job};

/// Rows taken at once.
const BATCH: i64 = 32;

/// After so long a taken row counts as abandoned by a process that died.
const LEASE: Duration = Duration::from_secs(60);

/// Pause before a row that failed is tried again.
const PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    let (now, holder) = (app.clock.now(), app.instance.clone());
    let taken = app.store.write(move |c| job::claim(c, &holder, now, now.plus(LEASE), BATCH)).await?;
    for row in taken {
        tokio::spawn(perform(Arc::clone(&app), row));
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
            tracing::warn!(job = %row.kind, key = %row.key, %error, "job failed; it is tried again");
            let (text, again) = (error.to_string(), app.clock.now().plus(PAUSE));
            app.store.write(move |c| job::retry(c, &row, again, &text)).await
        }
    };
    if let Err(error) = ended {
        tracing::warn!(%error, "the end of a job could not be recorded; its lease will run out");
    }
}
