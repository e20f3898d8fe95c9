//! `/settings`: what security officers look after. Operators come first.

mod operators;
mod policy;
mod replay;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

use super::signed_in::SignedIn;
use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/settings", get(first)).merge(operators::router()).merge(policy::router())
}

async fn first(_: SignedIn) -> Redirect {
    Redirect::to("/settings/operators")
}
