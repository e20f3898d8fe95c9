//! Takes up intents whose holder died: the same bytes are signed again, or given up after an hour.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::issuance_recovery;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    issuance_recovery::take_over(&app).await
}
