//! Writes every error of the API as `application/problem+json`, whoever made it: a handler, an extractor, the router, a
//! time-out or a panic.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use ca_core::signing::profile::UnmetClaim;
use http_body_util::{BodyExt as _, Limited};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::ApiError;
use super::kind::Kind;
use crate::app::App;
use crate::config::BaseUrl;
use crate::http::request_id::RequestId;

/// The media type of RFC 9457 §4.1.
pub(super) const CONTENT_TYPE: &str = "application/problem+json";

/// An error (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// What kind of problem it is: a link to its paragraph in the documentation
    #[serde(rename = "type")]
    #[schema(format = "uri", example = "https://ca.example.org:8443/api/docs#problem-denied")]
    kind: String,
    /// The kind in words; the same for all problems of it
    #[schema(example = "The policies do not permit it")]
    title: &'static str,
    /// The status of the answer
    #[schema(example = 403)]
    status: u16,
    /// What happened this time, and what to do
    #[schema(example = "no policy permits RevokeCertificate")]
    detail: String,
    /// Under this name the request is in the server's log and in the audit trail
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    request_id: String,
    /// What decided: ids of policies, names of lint rules, a setting
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "auditors-only-read")]
    rule: Option<String>,
    /// Why no trust rule of a signing profile fits: each claim that is not as its rule wants it
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<UnmetRule>,
}

/// One claim that is not as a trust rule wants it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UnmetRule {
    /// Profile and rule
    #[schema(example = "release/tags")]
    rule: String,
    /// Name of the claim; `role` where an API token lacks one
    #[schema(example = "ref")]
    claim: String,
    /// The pattern that it should fit; null where the rule is about jobs of another owner at a CI of everybody
    #[schema(example = "refs/tags/*")]
    expected: Option<String>,
    /// What the token claims, or the roles that it has; null when that is nothing
    #[schema(example = "refs/heads/main")]
    got: Option<String>,
}

impl From<&UnmetClaim> for UnmetRule {
    fn from(unmet: &UnmetClaim) -> Self {
        let UnmetClaim { rule, claim, expected, got, is_confidential } = unmet.clone();
        Self { rule, claim, expected: (!is_confidential).then_some(expected), got }
    }
}

pub(in crate::http) async fn write(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let mut response = next.run(request).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        response = problem(&app.settings.server.public_url, id, response).await;
    }
    // Answers show what one person may see at one moment.
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn problem(base: &BaseUrl, request_id: String, response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let error = match head.extensions.remove::<ApiError>() {
        Some(error) => error,
        None => ApiError::new(Kind::of_status(head.status), reason(&head.headers, body).await),
    };
    let document = Problem {
        kind: base.join(&format!("/api/docs#problem-{}", error.kind().slug())),
        title: error.kind().title(),
        status: head.status.as_u16(),
        detail: error.detail().to_owned(),
        request_id,
        rule: error.rule().map(str::to_owned),
        rules: error.unmet().iter().map(UnmetRule::from).collect(),
    };
    let mut answer = (head.status, Json(document)).into_response();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    answer.headers_mut().extend(head.headers);
    answer
}

/// Longest text of an extractor that is repeated.
const LONGEST: u64 = 2048;

/// What the extractor or the router said in plain text.
async fn reason(headers: &HeaderMap, body: Body) -> String {
    let plain = headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/plain"));
    let short = body.size_hint().exact().is_some_and(|length| (1..=LONGEST).contains(&length));
    if !plain || !short {
        return "the request was not accepted in this form".to_owned();
    }
    let collected = Limited::new(body, LONGEST as usize).collect().await;
    let text = collected.map(|body| String::from_utf8_lossy(&body.to_bytes()).trim().to_owned());
    text.unwrap_or_default()
}
