//! Opens the nonce key as soon as the HSM that guards the installation's secrets answers.

use std::sync::Arc;

use crate::app::App;
use crate::ops::OpError;
use crate::start;

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    start::unlock_nonces(&app).await
}
