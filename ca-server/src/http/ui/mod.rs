//! The web UI: use cases in, pages out.

mod account;
mod api_docs;
mod audit;
mod authorities;
mod certificates;
mod clients;
mod dashboard;
mod environment;
mod failure;
mod form;
mod hsm;
mod not_found;
mod page;
mod query;
mod recipes;
mod requests;
mod settings;
mod sign_in;
mod signed_in;
mod signing;
mod start;

use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};

use crate::app::App;

pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/", get(dashboard::show))
        .route("/trust", get(start::page))
        .route("/api/docs", get(api_docs::page))
        .route("/assets/{file}", get(asset))
        .merge(sign_in::router())
        .merge(account::router())
        .merge(certificates::router())
        .merge(authorities::router())
        .merge(hsm::router())
        .merge(audit::router())
        .merge(clients::router())
        .merge(settings::router())
        .merge(requests::router())
        .merge(signing::router())
        .fallback(not_found::not_found)
        .layer(middleware::from_fn_with_state(Arc::clone(app), failure::render))
}

async fn asset(uri: Uri) -> Response {
    match web_ui::assets::find(uri.path()) {
        Some(asset) => {
            let headers =
                [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, web_ui::assets::CACHE_CONTROL)];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Sent with every page.
pub(super) async fn security_headers(mut response: Response) -> Response {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, web_ui::CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
