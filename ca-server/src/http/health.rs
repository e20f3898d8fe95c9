//! Whether the server lives (`/health`, `/healthz`) and whether it can issue (`/readyz`).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::app::App;
use crate::ops;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/health", get(alive)).route("/healthz", get(alive)).route("/readyz", get(ready))
}

async fn alive() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

/// 200 when database and HSMs answer and the authorities issue, else 503 with the part that does not. Causes are in the log.
async fn ready(State(app): State<Arc<App>>) -> Response {
    let report = ops::readiness::check(&app).await;
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let parts: serde_json::Map<_, _> =
        report.parts().map(|(name, well)| (name.to_owned(), json!(if well { "ok" } else { "failed" }))).collect();
    let body = json!({ "status": if report.is_ready() { "ok" } else { "failed" }, "parts": parts });
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
