//! Sends the notices that are due.

use std::sync::Arc;

use crate::app::App;
use crate::ops::{OpError, notice};

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    notice::send_due(&app).await
}
