//! `/api/v1/signing/grants`: signatures that tools with formats of their own may have made.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Caller, Instant, Page, PageParameters, Paged, ProvedCaller};
use crate::ops::instant;
use crate::ops::listing::parse;
use crate::ops::signing::grant::{self, Asked, SigningGrant};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(revoke))
}

/// A grant.
#[derive(Debug, Serialize, ToSchema)]
struct Grant {
    /// Id
    #[schema(format = "uuid")]
    id: String,
    /// Signing profile
    #[schema(example = "release")]
    profile: String,
    /// Who may sign
    #[schema(example = "operator:ann")]
    grantee: String,
    /// How many signatures
    max_signatures: i64,
    /// How many were made
    used: i64,
    /// Who granted it
    #[schema(example = "bob")]
    created_by: String,
    /// When
    created_at: Instant,
    /// Until when
    not_after: Instant,
    /// Who took it back
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_by: Option<String>,
    /// When
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Instant>,
}

impl From<SigningGrant> for Grant {
    fn from(grant: SigningGrant) -> Self {
        Self {
            id: grant.id.to_string(),
            profile: grant.profile,
            grantee: grant.grantee,
            max_signatures: grant.max_signatures,
            used: grant.used,
            created_by: grant.created_by,
            created_at: grant.created_at.into(),
            not_after: grant.not_after.into(),
            revoked_by: grant.revoked_by,
            revoked_at: grant.revoked_at.map(Instant::from),
        }
    }
}

/// What is to be granted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewGrant {
    /// Signing profile; its formats must have `raw`
    #[schema(example = "test")]
    profile: String,
    /// `ISSUER#SUBJECT` of a CI's token, or `operator:NAME` for the API tokens of an operator
    #[schema(example = "operator:ann", max_length = 600)]
    grantee: String,
    /// How many signatures
    #[schema(example = 10, minimum = 1, maximum = 100_000)]
    max_signatures: i64,
    /// Until when: an instant, or a number and a unit for a time from now; at most 30 days
    #[schema(example = "8h")]
    not_after: String,
}

/// List grants
#[utoipa::path(
    get, path = "/api/v1/signing/grants", tag = "signing", operation_id = "list_grants",
    params(PageParameters),
    responses((status = 200, body = Paged<Grant>))
)]
async fn list(State(app): State<Arc<App>>, caller: Caller, page: Page) -> ApiResult<Json<Paged<Grant>>> {
    let after = page.after.as_deref().map(parse).transpose()?;
    let found = grant::list(&app, &caller.actor, after, page.limit).await?;
    Ok(Json(Paged::of(found, Grant::from)))
}

/// Grant signatures
///
/// By an approver, to somebody else, under a profile with the format `raw` that no more than one person has to approve. Tools that sign hashes of their own making (jsign, jarsigner, apksigner) use it by
/// `/compat/signserver`.
#[utoipa::path(
    post, path = "/api/v1/signing/grants", tag = "signing", operation_id = "create_grant",
    request_body = NewGrant,
    responses((status = 201, body = Grant), (status = 404), (status = 409), (status = 422))
)]
async fn create(
    State(app): State<Arc<App>>,
    ProvedCaller(caller): ProvedCaller,
    Json(new): Json<NewGrant>,
) -> ApiResult<(StatusCode, Json<Grant>)> {
    let fault = |error: instant::InvalidInstant| ApiError::refused("not_after", error.to_string());
    let not_after = instant::parse(&new.not_after, app.clock.now()).map_err(fault)?;
    let asked = Asked { profile: new.profile, grantee: new.grantee, max_signatures: new.max_signatures, not_after };
    let made = grant::create(&app, &caller.actor, &caller.origin, asked).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Take a grant back
#[utoipa::path(
    post, path = "/api/v1/signing/grants/{id}/revoke", tag = "signing", operation_id = "revoke_grant",
    params(("id" = String, Path, description = "Id of the grant")),
    responses((status = 200, body = Grant))
)]
async fn revoke(
    State(app): State<Arc<App>>,
    ProvedCaller(caller): ProvedCaller,
    Path(text): Path<String>,
) -> ApiResult<Json<Grant>> {
    let id = text.parse().map_err(|_| ApiError::not_found(format!("there is no grant {text}")))?;
    Ok(Json(grant::revoke(&app, &caller.actor, &caller.origin, id).await?.into()))
}
