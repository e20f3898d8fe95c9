//! Ends what was not approved in time, issues what was approved, and destroys private keys that nobody took.

use std::sync::Arc;

use crate::app::App;
use crate::ops::{OpError, request};

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    request::expire::overdue(&app).await?;
    request::process::all(&app).await?;
    request::expire::forgotten_keys(&app).await
}
