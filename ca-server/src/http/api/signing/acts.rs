//! Asking, giving up, deciding.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use ca_core::signing::DigestSetHash;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::SigningRequest;
use super::id;
use super::questions::{NewDecision, NewSigningRequest, Verdict};
use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Asker, Caller};
use crate::ops::signing::{cancel as cancel_op, submit as submit_op, view, vote};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(submit)).routes(routes!(cancel)).routes(routes!(decide))
}

/// Ask for signatures
///
/// By the OIDC token of a CI's job, an API token with the scope `signing`, or a client certificate, as the trust rules of the
/// profile say; 403 names each rule with the claim that it misses, and what it should be to those of the owner that the rule is
/// about. The same artifacts asked for again by the same subject are the same request: 200, so that a job which is run again
/// continues. While another connection is submitting the same at this moment, 503 with Retry-After asks for a repetition; 409
/// stays. Nothing but digests is sent.
#[utoipa::path(
    post, path = "/api/v1/signing/requests", tag = "signing", operation_id = "submit",
    request_body = NewSigningRequest,
    responses((status = 201, description = "The request was made", body = SigningRequest),
              (status = 200, description = "The same was asked for before", body = SigningRequest), (status = 404))
)]
async fn submit(
    State(app): State<Arc<App>>,
    Asker(caller): Asker,
    Json(new): Json<NewSigningRequest>,
) -> ApiResult<(StatusCode, Json<SigningRequest>)> {
    let made = submit_op::submit(&app, &caller.actor, &caller.origin, &new.into()).await?;
    // Whoever asks may see what they asked for, whatever their other permissions: by the token of the request.
    let holder = ca_core::policy::Actor::SigningToken { request: made.id.to_string() };
    let request = SigningRequest::of(&app, view::view(&app, &holder, made.id).await?).with_token(&made.token);
    let status = if made.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(request)))
}

/// Give a request up
///
/// By whoever asked, with the token of the request, or by a security officer.
#[utoipa::path(
    post, path = "/api/v1/signing/requests/{id}/cancel", tag = "signing", operation_id = "cancel",
    params(("id" = String, Path, description = "Id of the request")),
    responses((status = 200, body = SigningRequest))
)]
async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
) -> ApiResult<Json<SigningRequest>> {
    let id = id(&text)?;
    cancel_op::cancel(&app, &caller.actor, &caller.origin, id).await?;
    Ok(Json(SigningRequest::of(&app, view::view(&app, &caller.actor, id).await?)))
}

/// Approve or reject
///
/// By a person who signed in and proved themself within the last ten minutes, never by a token. The decision repeats the
/// digest set that was looked at: 409 when the request's is another one. The last approval has it signed at once.
#[utoipa::path(
    post, path = "/api/v1/signing/requests/{id}/decisions", tag = "signing", operation_id = "decide",
    params(("id" = String, Path, description = "Id of the request")),
    request_body = NewDecision,
    responses((status = 200, body = SigningRequest))
)]
async fn decide(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
    Json(new): Json<NewDecision>,
) -> ApiResult<Json<SigningRequest>> {
    let id = id(&text)?;
    let rule = |error: ca_core::signing::InvalidDigestSetHash| ApiError::refused("digest-set", error.to_string());
    let saw: DigestSetHash = new.digest_set.parse().map_err(rule)?;
    if !matches!(new.decision, Verdict::Reject) {
        caller.require_recent_proof()?;
    }
    let (actor, origin) = (&caller.actor, &caller.origin);
    match new.decision {
        Verdict::Approve => vote::approve(&app, actor, origin, id, saw, &new.comment).await?,
        Verdict::Reject => vote::reject(&app, actor, origin, id, saw, &new.comment).await?,
        Verdict::BreakGlass => vote::break_glass(&app, actor, origin, id, saw, &new.comment).await?,
    }
    Ok(Json(SigningRequest::of(&app, view::view(&app, actor, id).await?)))
}
