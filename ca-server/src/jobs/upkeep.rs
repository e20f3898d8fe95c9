//! Folds raw measurements into their histograms, so that memory does not grow with traffic.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    if let Some(metrics) = app.metrics.get() {
        metrics.upkeep();
    }
    Ok(())
}
