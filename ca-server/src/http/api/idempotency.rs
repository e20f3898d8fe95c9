//! `Idempotency-Key` on a POST: the request is done once, however often it is sent.
//!
//! The request goes on when its sender goes away, because that is when it will be sent again.

use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use zeroize::Zeroizing;

use super::LARGEST_BODY;
use super::answer::{ApiError, ApiResult};
use super::caller::Caller;
use super::kind::Kind;
use crate::app::App;
use crate::ops::idempotency::{self, Begun, Recorded, Taken};

const HEADER: &str = "idempotency-key";

/// Longest key.
const LONGEST: usize = 128;

/// Largest answer that is kept.
const LARGEST_ANSWER: u64 = 1024 * 1024;

pub(super) async fn once(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    once_only(app, request, next).await.unwrap_or_else(ApiError::into_response)
}

async fn once_only(app: Arc<App>, request: Request, next: Next) -> ApiResult<Response> {
    let (mut head, body) = request.into_parts();
    let key = key(&head.headers)?;
    let caller = Caller::from_request_parts(&mut head, &app).await?;
    let body = read(body).await?;
    let target = head.uri.path_and_query().map_or("", |target| target.as_str());
    let kind = head.headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let digest = idempotency::digest(&[target.as_bytes(), kind, &body]);
    match idempotency::begin(&app, &caller.actor, &key, digest).await? {
        Begun::First(taken) => Ok(perform(app, taken, Request::from_parts(head, Body::from(body)), next).await),
        Begun::Again(recorded) => Ok(repeat(recorded)),
        Begun::Unfinished { since } => Err(unfinished(&app, since)),
        Begun::Other => Err(ApiError::refused(
            "idempotency-key",
            "this Idempotency-Key was sent with another request: choose another",
        )),
    }
}

/// draft-ietf-httpapi-idempotency-key-header §2.1: the key is the sender's; here any visible text without spaces.
fn key(headers: &HeaderMap) -> ApiResult<String> {
    let mut values = headers.get_all(HEADER).iter();
    let (value, another) = (values.next(), values.next());
    let key = value.filter(|_| another.is_none()).map_or(&b""[..], HeaderValue::as_bytes);
    let sound = (1..=LONGEST).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    let text = std::str::from_utf8(key).ok().filter(|_| sound).map(str::to_owned);
    text.ok_or_else(|| ApiError::malformed(format!("Idempotency-Key is one text of 1 to {LONGEST} visible characters")))
}

async fn read(body: Body) -> ApiResult<Bytes> {
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(ApiError::new(Kind::TooLarge, format!("a body has at most {LARGEST_BODY} bytes")))
        }
        Err(_) => Err(ApiError::malformed("the body did not arrive")),
    }
}

fn unfinished(app: &App, since: ca_core::time::UnixTime) -> ApiError {
    let seconds = app.clock.now().since(since).as_secs();
    let detail = format!(
        "this request began {seconds} s ago and has no answer yet; if that stays so, it was interrupted: look whether it took \
         effect before you send it with another key"
    );
    ApiError::new(Kind::Conflict, detail).with_rule("idempotency-key")
}

async fn perform(app: Arc<App>, taken: Taken, request: Request, next: Next) -> Response {
    let task = tokio::spawn(async move {
        let response = next.run(request).await;
        record(&app, taken, response).await
    });
    task.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn record(app: &App, taken: Taken, response: Response) -> Response {
    let undecided =
        response.extensions().get::<ApiError>().map_or(response.status().is_server_error(), ApiError::is_undecided);
    let (response, kept) = match response.status().is_success() {
        true => keep(app, taken, response).await,
        false if undecided => (response, Ok(())),
        false => (response, idempotency::release(app, taken).await),
    };
    if let Err(error) = kept {
        tracing::warn!(%error, "what was answered to a request with an Idempotency-Key could not be recorded");
    }
    response
}

/// An answer without a known length, or a very long one, is not kept; its request cannot be sent again.
async fn keep(app: &App, taken: Taken, response: Response) -> (Response, Result<(), crate::ops::OpError>) {
    if response.body().size_hint().exact().is_none_or(|length| length > LARGEST_ANSWER) {
        return (response, Ok(()));
    }
    let (head, body) = response.into_parts();
    let Ok(body) = body.collect().await.map(|body| body.to_bytes()) else {
        return (StatusCode::INTERNAL_SERVER_ERROR.into_response(), Ok(()));
    };
    let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let recorded = Recorded {
        status: head.status.as_u16(),
        content_type: text(header::CONTENT_TYPE),
        location: text(header::LOCATION),
        body: Zeroizing::new(body.to_vec()),
    };
    let kept = idempotency::finish(app, taken, recorded).await;
    (Response::from_parts(head, Body::from(body)), kept)
}

/// The first answer again, marked as such.
fn repeat(recorded: Recorded) -> Response {
    let status = StatusCode::from_u16(recorded.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Body::from(recorded.body.to_vec())).into_response();
    let headers = response.headers_mut();
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    for (name, text) in [(header::CONTENT_TYPE, recorded.content_type), (header::LOCATION, recorded.location)] {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(name, value);
        }
    }
    response
}
