//! Compares the clock with its sources.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::timestamp::watch;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    watch::clock(&app).await;
    Ok(())
}
