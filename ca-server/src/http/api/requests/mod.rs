//! `/api/v1/requests`: certificates that people ask for and other people approve.

mod acts;
mod answers;
mod questions;

use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use ca_core::issuance_request::RequestState;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use answers::{Request, RequestSummary, Trial};
use questions::NewRequest;

use super::{ApiError, ApiResult, Caller, Filters, Page, PageParameters, Paged};
use crate::app::App;
use crate::ops::request::list::{self, Cursor, Narrowing, Pile};
use crate::ops::request::preview::{self, Preview};
use crate::ops::request::submit::{self, Submission};
use crate::ops::request::{Fault, view};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(try_out))
        .routes(routes!(one))
        .routes(routes!(certificate))
        .merge(acts::routes())
}

/// The id in a path; garbage is a request that is not there.
fn id<T: FromStr>(text: &str) -> ApiResult<T> {
    text.parse().map_err(|_| ApiError::not_found(format!("there is no request {text}")))
}

/// What is wrong with a wish, by field.
fn faulty(faults: &[Fault]) -> ApiError {
    let mut fields: Vec<&str> = faults.iter().map(|fault| fault.field).collect();
    fields.dedup();
    let texts: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.text)).collect();
    ApiError::refused(fields.join(", "), texts.join("; "))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RequestFilter {
    /// Which requests: those that wait for the caller's vote, the caller's own, or all
    #[param(inline)]
    show: Option<Show>,
    /// Only in this state
    #[param(inline)]
    state: Option<Standing>,
    /// Only under this profile
    #[param(max_length = 200)]
    profile: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Show {
    Waiting,
    Mine,
    All,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Standing {
    Pending,
    Approved,
    Issuing,
    Issued,
    Rejected,
    Cancelled,
    Expired,
    Failed,
}

impl From<Standing> for RequestState {
    fn from(state: Standing) -> Self {
        match state {
            Standing::Pending => Self::Pending,
            Standing::Approved => Self::Approved,
            Standing::Issuing => Self::Issuing,
            Standing::Issued => Self::Issued,
            Standing::Rejected => Self::Rejected,
            Standing::Cancelled => Self::Cancelled,
            Standing::Expired => Self::Expired,
            Standing::Failed => Self::Failed,
        }
    }
}

impl From<Option<Show>> for Pile {
    fn from(show: Option<Show>) -> Self {
        match show {
            Some(Show::Waiting) => Self::Waiting,
            Some(Show::Mine) => Self::Mine,
            Some(Show::All) | None => Self::All,
        }
    }
}

/// Requests
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/requests", tag = "requests", operation_id = "list_requests",
    params(PageParameters, RequestFilter),
    responses((status = 200, body = Paged<RequestSummary>))
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    page: Page,
    Filters(filter): Filters<RequestFilter>,
) -> ApiResult<Json<Paged<RequestSummary>>> {
    let cursor = match &page.after {
        Some(key) => {
            Cursor::OlderThan(key.parse().map_err(|_| ApiError::malformed("after is no cursor of this list"))?)
        }
        None => Cursor::Newest,
    };
    let narrowing = Narrowing { state: filter.state.map(Into::into), profile: filter.profile };
    let mut rows =
        list::list(&app, &caller.actor, filter.show.into(), &narrowing, cursor, page.limit.saturating_add(1)).await?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
    Ok(Json(Paged::new(rows.into_iter().map(RequestSummary::from).collect(), next)))
}

/// Ask for a certificate
///
/// Other people approve it, as many as its profile says; then it is issued by itself. Where the profile asks for nobody it
/// is issued at once.
#[utoipa::path(
    post, path = "/api/v1/requests", tag = "requests", operation_id = "create_request",
    request_body = NewRequest,
    responses((status = 201, body = Request, headers(("Location" = String, description = "The request"))))
)]
async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(new): Json<NewRequest>,
) -> ApiResult<impl IntoResponse> {
    match submit::submit(&app, &caller.actor, &caller.origin, &new.wish(), None).await? {
        Submission::Made(id) | Submission::MadeBefore(id) => {
            let made = view::view(&app, &caller.actor, id).await?;
            let location = format!("/api/v1/requests/{id}");
            Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(Request::from(made))))
        }
        Submission::Faulty(faults) => Err(faulty(&faults)),
    }
}

/// Try a request out
///
/// What the certificate would say, and what lint, the policies and the list of blocked keys think of it. Nothing is stored.
#[utoipa::path(
    post, path = "/api/v1/requests/preview", tag = "requests", operation_id = "preview_request",
    request_body = NewRequest,
    responses((status = 200, body = Trial))
)]
async fn try_out(State(app): State<Arc<App>>, caller: Caller, Json(new): Json<NewRequest>) -> ApiResult<Json<Trial>> {
    match preview::preview(&app, &caller.actor, &new.wish(), None).await? {
        Preview::Verdicts(verdicts) => Ok(Json(Trial::from(verdicts.as_ref()))),
        Preview::Faulty(faults) => Err(faulty(&faults)),
    }
}

/// One request
///
/// With its approvals, its history, and what changed since approvals that do not count any more.
#[utoipa::path(
    get, path = "/api/v1/requests/{id}", tag = "requests", operation_id = "read_request",
    params(("id" = String, Path, description = "Id of the request")),
    responses((status = 200, body = Request))
)]
async fn one(State(app): State<Arc<App>>, caller: Caller, Path(text): Path<String>) -> ApiResult<Json<Request>> {
    Ok(Json(view::view(&app, &caller.actor, id(&text)?).await?.into()))
}

/// The certificate of a request
///
/// With the CA certificates above it, in PEM. 404 before it is issued.
#[utoipa::path(
    get, path = "/api/v1/requests/{id}/certificate", tag = "requests", operation_id = "fetch_certificate",
    params(("id" = String, Path, description = "Id of the request")),
    responses((status = 200, body = String, content_type = "application/pem-certificate-chain"))
)]
async fn certificate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
) -> ApiResult<impl IntoResponse> {
    let chain = view::chain(&app, &caller.actor, id(&text)?).await?;
    Ok(([(header::CONTENT_TYPE, "application/pem-certificate-chain")], chain))
}
