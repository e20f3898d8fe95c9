//! The REST API: `/api/v1` and its description.
//!
//! A resource is one file with its handlers, its wire types and `routes()`. Handlers answer `ApiResult<_>`; errors of
//! extractors, of the router, time-outs and panics become problem documents as well, so `axum::Json` and
//! `axum::extract::Path` can be used as they are.

mod acme;
mod answer;
mod audit;
mod authorities;
mod caller;
mod certificates;
mod document;
mod entity_tag;
mod hsms;
mod idempotency;
mod instant;
mod kind;
mod limits;
mod me;
mod page;
mod policy;
mod problem;
mod requests;
mod signing;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, get};
use axum::{Router, middleware};
use bytes::Bytes;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

pub(in crate::http) use answer::{ApiError, ApiResult};
pub(in crate::http) use caller::{Asker, Caller, ProvedCaller, by_token as caller_by_token};
pub(in crate::http) use instant::Instant;
pub(in crate::http) use page::{Filters, Page, PageParameters, Paged};
pub(in crate::http) use problem::write as write_problems;

use crate::app::App;
use crate::config::BaseUrl;

/// Octets of a body, unless a route says otherwise.
const LARGEST_BODY: usize = 1024 * 1024;

/// Shorter than the limit of all requests, so that it is a problem document that arrives.
const TIME_LIMIT: Duration = Duration::from_secs(50);

/// The resources of version 1, each below `/api/v1`.
fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .merge(acme::routes())
        .merge(audit::routes())
        .merge(authorities::routes())
        .merge(certificates::routes())
        .merge(hsms::routes())
        .merge(me::routes())
        .merge(policy::routes())
        .merge(requests::routes())
        .merge(signing::routes())
}

/// The OpenAPI document as it is served under that base.
pub(crate) fn openapi(base: &BaseUrl) -> String {
    document::text(resources().into_openapi(), base)
}

pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let (operations, openapi) = resources().split_for_parts();
    let text = Bytes::from(document::text(openapi, &app.settings.server.public_url));
    let describe = get(move || async move { ([(header::CONTENT_TYPE, "application/json")], text) });
    operations
        .route("/api/openapi.json", describe)
        .route("/api", any(|| async { Redirect::to("/api/docs") }))
        .route("/api/{*rest}", any(nothing))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(entity_tag::compare))
        .layer(middleware::from_fn_with_state(Arc::clone(app), idempotency::once))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(limits::places(), limits::admit))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME_LIMIT))
        .layer(middleware::from_fn_with_state(Arc::clone(app), problem::write))
}

async fn nothing(uri: Uri) -> impl IntoResponse {
    ApiError::not_found(format!("the API has no address {}; /api/docs lists those it has", uri.path()))
}
