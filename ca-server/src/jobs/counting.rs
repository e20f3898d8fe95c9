//! Counts new certificates by day, so that the dashboard need not.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::dashboard::counting;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    counting::count(&app).await
}
