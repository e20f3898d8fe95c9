//! Destroys the keys of signing requests that have ended.

use std::sync::Arc;

use crate::app::App;
use crate::ops::{OpError, signing};

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    signing::retire::ended(&app).await
}
