//! `ETag` on what is read and `304 Not Modified` for who has it already (RFC 9110 §8.8.3, §13.1.2).

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt as _;

/// Octets of the hash that make the tag.
const TAG: usize = 16;

pub(super) async fn compare(request: Request, next: Next) -> Response {
    // The router has taken the body from the answer to a HEAD: its tag would be that of nothing.
    let reads = request.method() == Method::GET;
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    // An export is a stream: it has no length, and no tag.
    let whole = response.body().size_hint().exact().is_some();
    if !reads || !whole || response.status() != StatusCode::OK || response.headers().contains_key(header::ETAG) {
        return response;
    }
    tag(response, known.as_ref()).await
}

async fn tag(response: Response, known: Option<&HeaderValue>) -> Response {
    let (mut head, body) = response.into_parts();
    let Ok(body) = body.collect().await.map(|body| body.to_bytes()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let hash = digest(&SHA256, &body);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash.as_ref().get(..TAG).unwrap_or_default()));
    let same = known.is_some_and(|known| names(known, &tag));
    if let Ok(value) = HeaderValue::try_from(tag) {
        head.headers.insert(header::ETAG, value);
    }
    if same { not_modified(&head.headers) } else { Response::from_parts(head, Body::from(body)) }
}

/// RFC 9110 §13.1.2: a list of tags compared weakly, or `*`.
fn names(known: &HeaderValue, tag: &str) -> bool {
    let listed =
        |known: &str| known.split(',').map(str::trim).any(|one| one.trim_start_matches("W/") == tag || one == "*");
    known.to_str().is_ok_and(listed)
}

fn not_modified(headers: &HeaderMap) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    if let Some(tag) = headers.get(header::ETAG) {
        response.headers_mut().insert(header::ETAG, tag.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_is_compared_weakly() {
        let known = |value: &'static str| names(&HeaderValue::from_static(value), "\"b\"");
        assert!(known("\"a\", W/\"b\""));
        assert!(known("\"b\""));
        assert!(known("*"));
        assert!(!known("\"a\", b"));
    }
}
