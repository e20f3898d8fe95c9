//! Tries whether signing profiles can sign.

use std::sync::Arc;

use crate::app::App;
use crate::ops::{OpError, signing};

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    signing::canary::all(&app).await
}
