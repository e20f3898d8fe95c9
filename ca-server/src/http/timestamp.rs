//! `POST /tsa` and `/tsa/{policy}` (RFC 3161 §3.4), on both listeners: a token is signed, so plain HTTP is as good.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ca_core::timestamp::LARGEST_REQUEST;

use super::visitor;
use crate::app::App;
use crate::ops::timestamp::answer::{Answer, RETRY_AFTER, answer};

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    if !app.settings.timestamp.enabled {
        return Router::new();
    }
    Router::new()
        .route("/tsa", post(of_default_policy))
        .route("/tsa/{policy}", post(of_policy))
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
}

async fn of_default_policy(State(app): State<Arc<App>>, parts: Parts, body: Result<Bytes, BytesRejection>) -> Response {
    stamp(&app, &parts, None, body).await
}

async fn of_policy(
    State(app): State<Arc<App>>,
    Path(policy): Path<String>,
    parts: Parts,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    stamp(&app, &parts, Some(&policy), body).await
}

async fn stamp(app: &App, parts: &Parts, policy: Option<&str>, body: Result<Bytes, BytesRejection>) -> Response {
    if !is_query(&parts.headers) {
        let text = "send a TimeStampReq in DER as application/timestamp-query\n";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response();
    }
    let octets = match body {
        Ok(octets) => octets,
        Err(rejection) => return (rejection.status(), rejection.body_text()).into_response(),
    };
    let origin = visitor::origin(parts);
    let Ok(address) = origin.address.parse::<IpAddr>() else { return StatusCode::BAD_REQUEST.into_response() };
    let later = [(header::RETRY_AFTER, RETRY_AFTER)];
    match answer(app, &origin, address, policy, &octets).await {
        Answer::Given(der) => reply(der),
        Answer::TooMany(der) => (StatusCode::TOO_MANY_REQUESTS, later, reply(der)).into_response(),
        Answer::Busy(der) => (StatusCode::SERVICE_UNAVAILABLE, later, reply(der)).into_response(),
        Answer::UnknownPolicy => StatusCode::NOT_FOUND.into_response(),
    }
}

fn is_query(headers: &HeaderMap) -> bool {
    let named = visitor::text(headers, header::CONTENT_TYPE).unwrap_or_default();
    named.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(QUERY)
}

fn reply(der: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, REPLY), (header::CACHE_CONTROL, "no-store")], der).into_response()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
