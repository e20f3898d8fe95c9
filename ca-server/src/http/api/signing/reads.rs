//! Looking at requests, and fetching signatures.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use ca_core::signing::{Format, SigningState};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answers::{Items, SigningRequest};
use super::id;
use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Caller, Filters, Page, PageParameters, Paged};
use crate::ops::listing::parse;
use crate::ops::signing::list::{self as list_op, Wanted};
use crate::ops::signing::{bundle as bundle_op, view, wait};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(items))
        .routes(routes!(signature))
        .routes(routes!(chain))
        .routes(routes!(bundle))
}

/// Which requests are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Narrowing {
    /// Only in this state
    #[param(example = "pending_approval")]
    state: Option<String>,
    /// Only under this profile
    #[param(example = "release")]
    profile: Option<String>,
    /// `true`: only those that wait for the caller's vote
    waiting: Option<bool>,
}

/// List requests
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/signing/requests", tag = "signing", operation_id = "list",
    params(Narrowing, PageParameters),
    responses((status = 200, body = Paged<SigningRequest>))
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Filters(narrowing): Filters<Narrowing>,
    page: Page,
) -> ApiResult<Json<Paged<SigningRequest>>> {
    let state = narrowing.state.map(|word| word.parse::<SigningState>());
    let wanted = Wanted {
        state: state.transpose().map_err(|error| ApiError::malformed(error.to_string()))?,
        profile: narrowing.profile,
        waiting: narrowing.waiting.unwrap_or_default(),
    };
    let after = page.after.as_deref().map(parse).transpose()?;
    let found = list_op::list(&app, &caller.actor, &wanted, after, page.limit).await?;
    Ok(Json(Paged::of(found, |row| SigningRequest::of_row(&app, row))))
}

/// How long to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Waiting {
    /// Seconds to wait for the end of the request; the answer may come earlier
    #[param(minimum = 0, maximum = 60, default = 0, example = 0)]
    wait: Option<u64>,
}

/// Look at a request
///
/// By whoever asked, with the token of the request, or by an operator. With `wait` the answer comes when the request has
/// ended, or when the time is over.
#[utoipa::path(
    get, path = "/api/v1/signing/requests/{id}", tag = "signing", operation_id = "show",
    params(("id" = String, Path, description = "Id of the request"), Waiting),
    responses((status = 200, body = SigningRequest))
)]
async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
    Filters(waiting): Filters<Waiting>,
) -> ApiResult<Json<SigningRequest>> {
    let seconds = waiting.wait.unwrap_or_default();
    if seconds > 60 {
        return Err(ApiError::malformed("wait is a number of seconds up to 60"));
    }
    let view = wait::ended(&app, &caller.actor, id(&text)?, Duration::from_secs(seconds)).await?;
    Ok(Json(SigningRequest::of(&app, view)))
}

/// Which artifacts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ItemsPage {
    /// At most so many
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<i64>,
    /// Those with higher numbers
    #[param(minimum = 0, default = 0)]
    after: Option<i64>,
}

/// List the artifacts of a request
///
/// In the order of their submission, each with what became of it once all are signed.
#[utoipa::path(
    get, path = "/api/v1/signing/requests/{id}/items", tag = "signing", operation_id = "items",
    params(("id" = String, Path, description = "Id of the request"), ItemsPage),
    responses((status = 200, body = Items))
)]
async fn items(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(text): Path<String>,
    page: Result<axum::extract::Query<ItemsPage>, axum::extract::rejection::QueryRejection>,
) -> ApiResult<Json<Items>> {
    let page = page.map_err(|rejection| ApiError::malformed(rejection.body_text()))?.0;
    let limit = page.limit.unwrap_or(100);
    if !(1..=500).contains(&limit) {
        return Err(ApiError::malformed("limit is a number from 1 to 500"));
    }
    let (_, found) = view::items(&app, &caller.actor, id(&text)?, page.after.unwrap_or_default(), limit).await?;
    Ok(Json(Items::of(found, limit)))
}

/// Fetch a signature
///
/// DER of the CMS SignedData, or the bare signature of the format `raw`. 409 until every artifact of the request is signed.
#[utoipa::path(
    get, path = "/api/v1/signing/requests/{id}/items/{n}/signature", tag = "signing", operation_id = "signature",
    params(("id" = String, Path, description = "Id of the request"),
           ("n" = i64, Path, description = "Number of the artifact, counted from 1", example = 1)),
    responses((status = 200, content((Vec<u8> = "application/pkcs7-signature"), (Vec<u8> = "application/octet-stream"))),
              (status = 409))
)]
async fn signature(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((text, n)): Path<(String, i64)>,
) -> ApiResult<impl IntoResponse> {
    let (view, octets) = view::signature(&app, &caller.actor, id(&text)?, n).await?;
    let kind = match view.row.format {
        Format::Raw => "application/octet-stream",
        Format::CmsDetached | Format::AuthenticodePe | Format::JarSf => "application/pkcs7-signature",
    };
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], octets))
}

/// Fetch the certificates
///
/// PEM of the certificate that signed and those above it, the root last.
#[utoipa::path(
    get, path = "/api/v1/signing/requests/{id}/chain.pem", tag = "signing", operation_id = "chain",
    params(("id" = String, Path, description = "Id of the request")),
    responses((status = 200, content_type = "application/pem-certificate-chain", body = String), (status = 409))
)]
async fn chain(State(app): State<Arc<App>>, caller: Caller, Path(text): Path<String>) -> ApiResult<impl IntoResponse> {
    let pem = bundle_op::chain_of(&app, &caller.actor, id(&text)?).await?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/pem-certificate-chain"))], pem))
}

/// Fetch everything
///
/// A ZIP archive: `signatures/NNNN.p7s` (`.sig` for raw ones), `items.json`, `chain.pem`, `receipt.json`.
#[utoipa::path(
    get, path = "/api/v1/signing/requests/{id}/bundle.zip", tag = "signing", operation_id = "bundle",
    params(("id" = String, Path, description = "Id of the request")),
    responses(
        (status = 200, content_type = "application/zip", body = Vec<u8>), (status = 409),
        (status = 503, description = "Too many archives are being fetched at the moment, or the database is away"),
    )
)]
async fn bundle(State(app): State<Arc<App>>, caller: Caller, Path(text): Path<String>) -> ApiResult<impl IntoResponse> {
    let id = id(&text)?;
    let archive = bundle_op::bundle(&app, &caller.actor, id).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    let name = format!("attachment; filename=\"signatures-{id}.zip\"");
    if let Ok(value) = HeaderValue::try_from(name) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok((headers, archive))
}
