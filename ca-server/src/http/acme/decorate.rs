//! Headers that every answer of the ACME endpoint carries, refusals too.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use super::endpoint_of;
use super::urls::Urls;
use crate::app::App;

pub(super) async fn answer(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let posted = request.method() == Method::POST;
    let directory = endpoint_of(&app, request.uri().path())
        .map(|endpoint| Urls::new(&app.settings.server.public_url, &endpoint.name).at("directory"));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // RFC 8555 §6.5: a fresh nonce in every answer to a POST, errors included.
    let nonce = app.nonces.issue(app.clock.now()).ok().and_then(|nonce| HeaderValue::try_from(nonce).ok());
    if posted && let Some(nonce) = nonce {
        headers.insert("replay-nonce", nonce);
    }
    // RFC 8555 §7.1: every resource but the directory links to it.
    let link = directory.and_then(|url| HeaderValue::try_from(format!("<{url}>;rel=\"index\"")).ok());
    if posted && let Some(link) = link {
        headers.append(header::LINK, link);
    }
    // RFC 8555 §7.2: a nonce must not be served from a cache.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
