//! `/crl/{authority}/{shard}.crl` and `/crl/{authority}.crl`, served from memory.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ca_core::time::UnixTime;

use crate::app::App;
use crate::ops::revocation::published::PublishedCrl;

/// A cache may keep a list so long at most, so that a revocation is seen soon.
const LONGEST_CACHING: Duration = Duration::from_secs(300);

pub(super) async fn shard(
    State(app): State<Arc<App>>,
    Path((authority, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let number = file.strip_suffix(".crl").and_then(|number| number.parse::<u32>().ok());
    let found = number.and_then(|number| app.crls.current(&authority, number));
    answer(&app, found, &headers)
}

/// The list of all shards; with one shard that is the shard itself.
pub(super) async fn whole(State(app): State<Arc<App>>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    let found = file.strip_suffix(".crl").and_then(|authority| app.crls.current(authority, 0));
    answer(&app, found, &headers)
}

fn answer(app: &App, found: Option<Arc<PublishedCrl>>, request: &HeaderMap) -> Response {
    let Some(crl) = found else { return StatusCode::NOT_FOUND.into_response() };
    let tag = format!("\"{}\"", crl.number);
    let left = crl.next_update.since(app.clock.now());
    let headers = [
        (header::CONTENT_TYPE, "application/pkix-crl".to_owned()),
        (header::CACHE_CONTROL, format!("public, max-age={}", left.min(LONGEST_CACHING).as_secs())),
        (header::ETAG, tag.clone()),
        (header::LAST_MODIFIED, http_date(crl.this_update)),
        (header::EXPIRES, http_date(crl.next_update)),
    ];
    let same = request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    if same {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, Body::from(crl.der.clone())).into_response()
}

fn http_date(instant: UnixTime) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(instant.seconds().max(0).unsigned_abs()))
}
