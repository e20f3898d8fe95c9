//! Clients that fail.

use std::time::Duration;

use super::need::{Need, Place, Urgency};
use crate::app::App;
use crate::ops::OpError;
use crate::store::acme_failure;

const DAY: Duration = Duration::from_secs(86_400);

/// Failures of each kind that are counted.
const COUNTED: i64 = 1_000;

pub(super) async fn needs(app: &App) -> Result<Option<Need>, OpError> {
    let from = app.clock.now().minus(DAY);
    let failed = app.store.read(move |c| acme_failure::since(c, from, COUNTED)).await?.len();
    let many = i64::try_from(failed).is_ok_and(|failed| failed >= COUNTED);
    let what = match failed {
        0 => return Ok(None),
        1 => "One validation or order failed in the last day".to_owned(),
        failed if many => format!("More than {failed} validations and orders failed in the last day"),
        failed => format!("{failed} validations and orders failed in the last day"),
    };
    let detail = "Each says why: what was looked for, where, and what was found instead.".to_owned();
    Ok(Some(Need { urgency: Urgency::Soon, what, detail, place: Place::Orders }))
}
