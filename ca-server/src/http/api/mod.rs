//! The REST API, `/api/v1`.

mod caller;
mod whoami;

use std::sync::Arc;

use axum::Router;

use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().merge(whoami::router())
}
