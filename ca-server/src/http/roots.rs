//! What a client needs to trust: `/roots.pem`, `/intermediates.pem`, and the addresses under which the bootstrap of
//! step-ca's client looks for the same.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/roots.pem", get(roots)).route("/intermediates.pem", get(intermediates))
}

/// The paths of step-ca's API that need no sign-in, with and without its version. For the HTTPS listener.
pub(super) fn step_router() -> Router<Arc<App>> {
    Router::new()
        .route("/1.0/health", get(step_health))
        .route("/1.0/roots", get(step_roots))
        .route("/1.0/roots.pem", get(roots))
        .route("/1.0/intermediates.pem", get(intermediates))
        .route("/1.0/root/{fingerprint}", get(step_root))
        .route("/roots", get(step_roots))
        .route("/root/{fingerprint}", get(step_root))
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

async fn step_health() -> impl IntoResponse {
    Json(json!({ "status": "ok" }))
}

async fn step_roots(State(app): State<Arc<App>>) -> impl IntoResponse {
    let all: Vec<String> = app.authorities.roots().map(|root| root.issuer.certificate().to_pem()).collect();
    Json(json!({ "crts": all }))
}

/// A trust anchor by the SHA-256 of its certificate. The client knows that hash from elsewhere and compares it, so that
/// it can ask before it trusts this server.
async fn step_root(State(app): State<Arc<App>>, Path(fingerprint): Path<String>) -> Response {
    let asked: String = fingerprint.chars().filter(|c| !matches!(c, ':' | '-')).collect::<String>().to_lowercase();
    let same = |octets: [u8; 32]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>() == asked;
    match app.authorities.roots().find(|root| same(root.issuer.certificate().fingerprint())) {
        Some(root) => Json(json!({ "ca": root.issuer.certificate().to_pem() })).into_response(),
        None => {
            let message = format!("no root certificate has the SHA-256 fingerprint {fingerprint:?}");
            let body = json!({ "status": 404, "message": message });
            (StatusCode::NOT_FOUND, Json(body)).into_response()
        }
    }
}
