//! Notices within a second that a command or another server has revoked an authority.

use std::sync::Arc;

use crate::app::App;
use crate::ops::{OpError, authority_states};

pub(super) async fn run(app: Arc<App>) -> Result<(), OpError> {
    authority_states::refresh(&app).await
}
