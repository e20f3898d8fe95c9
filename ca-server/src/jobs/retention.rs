//! Deletes what is over: expired orders, authorizations, intents, requests, notices, nonces, sessions, counts of failed
//! sign-ins, idempotency keys, counts of long ago, CRL entries and superseded CRLs.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::ops::dashboard::counting;
use crate::ops::signing::tokens;
use crate::ops::{OpError, idempotency};
use crate::store::{StoreError, retention, signing_retention, signing_usage};

/// Rows deleted in one write, so that others are not held up.
const BATCH: i64 = 500;

const DAY: Duration = Duration::from_secs(86_400);

/// Orders and authorizations are kept so long after their end, for those who ask why.
const ORDERS: Duration = DAY.saturating_mul(30);

/// Ended intents are kept so long.
const INTENTS: Duration = DAY.saturating_mul(30);

/// Requests that ended without a certificate or a signature are kept so long.
const REQUESTS: Duration = DAY.saturating_mul(365);

/// How many signatures were made under grants is kept so long: limits are about a day.
const GRANT_USES: Duration = DAY.saturating_mul(2);

/// Notices that arrived or were given up are kept so long.
const NOTICES: Duration = DAY.saturating_mul(30);

/// The list of the certificates of a bulk change is kept so long.
const BULK_CHANGES: Duration = DAY.saturating_mul(90);

/// A superseded list is kept so long, for caches that still fetch it by number.
const LISTS: Duration = DAY;

/// A session is kept so long after its end.
const SESSIONS: Duration = DAY.saturating_mul(7);

type Deletion = Box<dyn FnMut(&mut crate::store::Connection) -> Result<usize, StoreError> + Send>;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    let now = app.clock.now();
    let oldest_list = app.crls.all().iter().map(|(_, _, crl)| crl.this_update).min();
    let ended = now.minus(ORDERS);
    all(&app, || Box::new(move |c| retention::orders(c, ended, BATCH))).await?;
    all(&app, || Box::new(move |c| retention::authorizations(c, ended, BATCH))).await?;
    all(&app, || Box::new(move |c| retention::intents(c, now.minus(INTENTS), BATCH))).await?;
    all(&app, || Box::new(move |c| retention::requests(c, now.minus(REQUESTS), BATCH))).await?;
    all(&app, || Box::new(move |c| signing_retention::requests(c, now.minus(REQUESTS), 1))).await?;
    all(&app, || Box::new(move |c| signing_retention::token_uses(c, now, BATCH))).await?;
    all(&app, || Box::new(move |c| signing_usage::forget(c, now.minus(GRANT_USES), BATCH))).await?;
    all(&app, || Box::new(move |c| tokens::forget(c, now, BATCH))).await?;
    all(&app, || Box::new(move |c| retention::fetch_codes(c, now, BATCH))).await?;
    all(&app, || Box::new(move |c| retention::notices(c, now.minus(NOTICES), BATCH))).await?;
    all(&app, || Box::new(move |c| retention::bulk_items(c, now.minus(BULK_CHANGES), BATCH))).await?;
    all(&app, || Box::new(move |c| retention::nonces(c, now, BATCH))).await?;
    all(&app, || Box::new(move |c| retention::sessions(c, now.minus(SESSIONS), BATCH))).await?;
    all(&app, || Box::new(move |c| retention::sign_in_failures(c, now.minus(DAY), BATCH))).await?;
    all(&app, || Box::new(move |c| retention::idempotency_keys(c, now.minus(idempotency::KEPT), BATCH))).await?;
    all(&app, || Box::new(move |c| retention::counts(c, counting::oldest_day(now), BATCH))).await?;
    all(&app, || Box::new(move |c| retention::superseded_crl(c, now.minus(LISTS)))).await?;
    // RFC 5280 §3.3: an entry stays until a list made after the certificate's end has shown it.
    if let Some(listed) = oldest_list {
        all(&app, || Box::new(move |c| retention::revoked_serials(c, listed, BATCH))).await?;
    }
    Ok(())
}

/// Batches until nothing is left.
async fn all(app: &App, deletion: impl Fn() -> Deletion) -> Result<(), OpError> {
    loop {
        let mut delete = deletion();
        if app.store.write(move |c| delete(c)).await? == 0 {
            return Ok(());
        }
    }
}
