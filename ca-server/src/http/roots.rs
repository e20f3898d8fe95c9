//! `/roots.pem` and `/intermediates.pem`: what a client needs to trust.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/roots.pem", get(roots)).route("/intermediates.pem", get(intermediates))
}

async fn roots(State(app): State<Arc<App>>) -> impl IntoResponse {
    pem(app.authorities.roots_pem())
}

async fn intermediates(State(app): State<Arc<App>>) -> impl IntoResponse {
    pem(app.authorities.intermediates_pem())
}

fn pem(text: String) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/x-pem-file"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, text)
}
