//! The listeners' routes. Handlers translate between HTTP and use cases; they decide nothing and store nothing.

mod acme;
mod api;
mod audit_file;
mod audit_query;
mod certificate_query;
mod cookie;
mod health;
pub mod listener;
mod metrics;
mod request_id;
mod roots;
mod signserver;
mod status;
mod timestamp;
mod ui;
mod visitor;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

pub(crate) use api::openapi;

use crate::app::App;

/// No request takes longer: probes and signatures have shorter limits of their own.
const REQUEST_TIME_LIMIT: Duration = Duration::from_secs(60);

/// HTTPS: ACME, web UI, health, metrics.
pub fn public_router(app: &Arc<App>) -> Router {
    let pages = ui::router(app).layer(middleware::map_response(ui::security_headers));
    let routes = acme::router(app)
        .merge(api::router(app))
        .merge(signserver::router(app))
        .merge(timestamp::router(app))
        .merge(roots::router())
        .merge(roots::step_router())
        .merge(health::router())
        .merge(metrics::router())
        .merge(pages);
    finish(routes, app, Some(HeaderValue::from_static("max-age=31536000")))
}

/// Plain HTTP: CRLs, issuer certificates, timestamps, roots, health. Never a redirect to HTTPS.
pub fn status_router(app: &Arc<App>) -> Router {
    let routes = status::router().merge(timestamp::router(app)).merge(roots::router()).merge(health::router());
    finish(routes, app, None)
}

/// One layer around all routes: each further one would box every request and every answer once more.
fn finish(routes: Router<Arc<App>>, app: &Arc<App>, transport_security: Option<HeaderValue>) -> Router {
    let nosniff = HeaderValue::from_static("nosniff");
    // The first is the outermost.
    let around = (
        SetResponseHeaderLayer::if_not_present(header::STRICT_TRANSPORT_SECURITY, transport_security),
        SetResponseHeaderLayer::if_not_present(header::X_CONTENT_TYPE_OPTIONS, nosniff),
        middleware::from_fn_with_state(Arc::clone(app), request_id::name),
        TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIME_LIMIT),
        CatchPanicLayer::new(),
    );
    routes.layer(around).with_state(Arc::clone(app))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
pub(crate) mod testing;

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
mod tests;
