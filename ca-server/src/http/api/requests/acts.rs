//! What people do with a request.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use ca_core::issuance_request::RequestDigest;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::{FetchCode, Request};
use super::questions::{NewApproval, NewComment, NewRequest, Reason};
use super::{faulty, id};
use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Caller, ProvedCaller};
use crate::ops::OpError;
use crate::ops::request::change::{self as change_op, Changed};
use crate::ops::request::vote::{self, Approval};
use crate::ops::request::{cancel as cancel_op, comment as comment_op, fetch, view};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(change))
        .routes(routes!(approve))
        .routes(routes!(reject))
        .routes(routes!(cancel))
        .routes(routes!(comment))
        .routes(routes!(share))
}

async fn shown(app: &App, caller: &Caller, text: &str) -> ApiResult<Json<Request>> {
    Ok(Json(view::view(app, &caller.actor, id(text)?).await?.into()))
}

/// Ask for something else
///
/// In an open request of the caller's own. Every approval is void then. Without a CSR the request keeps its key.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/change", tag = "requests", operation_id = "change_request",
    params(("id" = String, Path, description = "Id of the request")),
    request_body = NewRequest,
    responses((status = 200, body = Request))
)]
async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
    Json(new): Json<NewRequest>,
) -> ApiResult<Json<Request>> {
    match change_op::change(&app, &caller.actor, &caller.origin, id(&text)?, &new.change()).await? {
        Changed::Done(_) | Changed::Nothing => shown(&app, &caller, &text).await,
        Changed::Faulty(faults) => Err(faulty(&faults)),
    }
}

/// Approve
///
/// By a person who signed in and proved themself within the last ten minutes, never by a token. 409 when the request has
/// changed since the digest that was looked at: the detail says what changed. The last approval that is needed issues the
/// certificate.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/approve", tag = "requests", operation_id = "approve_request",
    params(("id" = String, Path, description = "Id of the request")),
    request_body = NewApproval,
    responses((status = 200, body = Request))
)]
async fn approve(
    State(app): State<Arc<App>>,
    ProvedCaller(caller): ProvedCaller,
    Path(text): Path<String>,
    Json(new): Json<NewApproval>,
) -> ApiResult<Json<Request>> {
    let rule = || ApiError::refused("digest", "digest is what the request says, 64 hexadecimal digits");
    let seen = RequestDigest::parse(&new.digest).ok_or_else(rule)?;
    match vote::approve(&app, &caller.actor, &caller.origin, id(&text)?, seen, &new.comment).await? {
        Approval::Counted | Approval::CountedBefore => shown(&app, &caller, &text).await,
        Approval::Stale(difference) => {
            let stale = format!("the request has changed since you looked at it: {difference}");
            Err(ApiError::from(OpError::Conflict(stale)).with_rule("stale-approval"))
        }
    }
}

/// Reject
///
/// Ends the request.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/reject", tag = "requests", operation_id = "reject_request",
    params(("id" = String, Path, description = "Id of the request")),
    request_body = Reason,
    responses((status = 200, body = Request))
)]
async fn reject(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
    Json(why): Json<Reason>,
) -> ApiResult<Json<Request>> {
    vote::reject(&app, &caller.actor, &caller.origin, id(&text)?, &why.reason).await?;
    shown(&app, &caller, &text).await
}

/// Cancel
///
/// The requester gives it up, or a security officer ends it.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/cancel", tag = "requests", operation_id = "cancel_request",
    params(("id" = String, Path, description = "Id of the request")),
    request_body = Reason,
    responses((status = 200, body = Request))
)]
async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
    Json(why): Json<Reason>,
) -> ApiResult<Json<Request>> {
    cancel_op::cancel(&app, &caller.actor, &caller.origin, id(&text)?, &why.reason).await?;
    shown(&app, &caller, &text).await
}

/// Comment
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/comment", tag = "requests", operation_id = "comment_request",
    params(("id" = String, Path, description = "Id of the request")),
    request_body = NewComment,
    responses((status = 200, body = Request))
)]
async fn comment(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
    Json(new): Json<NewComment>,
) -> ApiResult<Json<Request>> {
    comment_op::comment(&app, &caller.actor, &caller.origin, id(&text)?, &new.text).await?;
    shown(&app, &caller, &text).await
}

/// Make a code to fetch the certificate with
///
/// For somebody without an account. An earlier code opens nothing any more.
#[utoipa::path(
    post, path = "/api/v1/requests/{id}/fetch-code", tag = "requests", operation_id = "share_request",
    params(("id" = String, Path, description = "Id of the request")),
    responses((status = 201, body = FetchCode))
)]
async fn share(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
) -> ApiResult<(StatusCode, Json<FetchCode>)> {
    let made = fetch::share(&app, &caller.actor, &caller.origin, id(&text)?).await?;
    let body = FetchCode { url: made.url, code: made.code.to_string(), expires_at: made.expires_at.into() };
    Ok((StatusCode::CREATED, Json(body)))
}
