//! Renews the certificates of signing profiles before they end.

use std::sync::Arc;

use crate::app::App;
use crate::ops::{OpError, signing};

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    signing::renew::all(&app).await
}
