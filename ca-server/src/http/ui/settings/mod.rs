//! `/settings`: what security officers look after.

mod operators;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    // Operators come first until there is more than one thing to settle.
    Router::new().route("/settings", get(|| async { Redirect::to("/settings/operators") })).merge(operators::router())
}
