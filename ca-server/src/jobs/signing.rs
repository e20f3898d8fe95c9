//! Signs what was approved, and ends what was not approved or not signed in time.

use std::sync::Arc;

use crate::app::App;
use crate::ops::{OpError, signing};

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    signing::expire::overdue(&app).await?;
    signing::process::all(&app).await
}
