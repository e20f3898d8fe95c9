//! Renews the certificate of the time-stamping authority before it ends.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::timestamp::watch;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    watch::certificate(&app).await
}
