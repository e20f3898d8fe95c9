//! `/api/v1/acme/bindings`: external account bindings (RFC 8555 §7.3.4).

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Caller, Filters, Instant, Page, PageParameters, Paged, ProvedCaller};
use crate::ops::external_account::{self, BindingState, LONGEST_LIFE, LONGEST_NAME, Listed};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(one, revoke))
}

/// A binding, without its key.
#[derive(Debug, Serialize, ToSchema)]
struct Binding {
    /// Key identifier
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    kid: String,
    /// ACME endpoint
    #[schema(example = "acme")]
    endpoint: String,
    /// Whom it is for
    #[schema(example = "team payments")]
    name: String,
    /// `unused`, `bound`, `expired` or `revoked`
    #[schema(example = "unused")]
    status: &'static str,
    /// Who made it
    #[schema(example = "Operator:ann")]
    created_by: String,
    /// When it was made
    created_at: Instant,
    /// Until when an account can be bound
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Instant>,
    /// The account bound to it
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    /// When that was bound
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_at: Option<Instant>,
    /// When it was withdrawn
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Instant>,
}

impl From<Listed> for Binding {
    fn from(found: Listed) -> Self {
        Self {
            kid: found.kid,
            endpoint: found.endpoint,
            name: found.name,
            status: found.status,
            created_by: found.created_by,
            created_at: found.created_at.into(),
            expires_at: found.expires_at.map(Instant),
            account: found.account,
            bound_at: found.bound_at.map(Instant),
            revoked_at: found.revoked_at.map(Instant),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct BindingFilter {
    /// Only of this ACME endpoint
    endpoint: Option<String>,
    /// Only in this state
    #[param(inline)]
    status: Option<BindingStatus>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum BindingStatus {
    Unused,
    Bound,
    Expired,
    Revoked,
}

impl From<BindingStatus> for BindingState {
    fn from(status: BindingStatus) -> Self {
        match status {
            BindingStatus::Unused => Self::Unused,
            BindingStatus::Bound => Self::Bound,
            BindingStatus::Expired => Self::Expired,
            BindingStatus::Revoked => Self::Revoked,
        }
    }
}

/// External account bindings
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/acme/bindings", tag = "acme", operation_id = "list_bindings",
    params(PageParameters, BindingFilter),
    responses((status = 200, body = Paged<Binding>), (status = 404))
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    page: Page,
    Filters(filter): Filters<BindingFilter>,
) -> ApiResult<Json<Paged<Binding>>> {
    let state = filter.status.map(BindingState::from);
    let endpoint = filter.endpoint.as_deref();
    let found = external_account::page(&app, &caller.actor, endpoint, state, page.after.as_deref(), page.limit).await?;
    Ok(Json(Paged::of(found, Binding::from)))
}

/// One binding
#[utoipa::path(
    get, path = "/api/v1/acme/bindings/{kid}", tag = "acme", operation_id = "read_binding",
    params(("kid" = String, Path, description = "Key identifier")),
    responses((status = 200, body = Binding))
)]
async fn one(State(app): State<Arc<App>>, caller: Caller, Path(kid): Path<String>) -> ApiResult<Json<Binding>> {
    Ok(Json(external_account::one(&app, &caller.actor, &kid).await?.into()))
}

/// A binding to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBinding {
    /// ACME endpoint; the first when absent
    #[schema(example = "acme")]
    endpoint: Option<String>,
    /// Whom it is for
    #[serde(default)]
    #[schema(example = "team payments", max_length = 200)]
    name: String,
    /// Seconds in which an account can be bound; for ever when absent
    #[schema(example = 2_592_000, minimum = 1, maximum = 315_360_000)]
    expires_in_seconds: Option<u64>,
}

/// A binding just made: the only answer that holds the key.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedBinding {
    /// Key identifier
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    kid: String,
    /// MAC key, base64url without padding. It is shown now and never again
    #[schema(example = "bW9vc2U…")]
    hmac_key: String,
}

/// Make a binding
///
/// The answer is the only one that holds the MAC key.
#[utoipa::path(
    post, path = "/api/v1/acme/bindings", tag = "acme", operation_id = "create_binding",
    request_body = NewBinding,
    responses((status = 201, body = CreatedBinding, headers(("Location" = String, description = "The binding"))), (status = 404))
)]
async fn create(
    State(app): State<Arc<App>>,
    ProvedCaller(caller): ProvedCaller,
    Json(new): Json<NewBinding>,
) -> ApiResult<impl IntoResponse> {
    if new.name.chars().count() > LONGEST_NAME {
        return Err(ApiError::refused("name", format!("a binding's name has at most {LONGEST_NAME} characters")));
    }
    if new.expires_in_seconds.is_some_and(|seconds| !(1..=LONGEST_LIFE.as_secs()).contains(&seconds)) {
        return Err(ApiError::refused("expires_in_seconds", "a binding lives for a second to ten years"));
    }
    let first = || app.settings.acme.first().map(|endpoint| endpoint.name.clone());
    let endpoint = new.endpoint.clone().or_else(first).unwrap_or_default();
    let expires = new.expires_in_seconds.map(Duration::from_secs);
    let made = external_account::create(&app, &caller.actor, &caller.origin, &endpoint, &new.name, expires).await?;
    let location = format!("/api/v1/acme/bindings/{}", made.kid);
    let body = CreatedBinding { kid: made.kid, hmac_key: made.hmac_key.to_string() };
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(body)))
}

/// Withdraw a binding
///
/// No account can be bound to it any more. An account that was bound stays.
#[utoipa::path(
    delete, path = "/api/v1/acme/bindings/{kid}", tag = "acme", operation_id = "revoke_binding",
    params(("kid" = String, Path, description = "Key identifier")),
    responses((status = 204, description = "It is withdrawn"))
)]
async fn revoke(
    State(app): State<Arc<App>>,
    ProvedCaller(caller): ProvedCaller,
    Path(kid): Path<String>,
) -> ApiResult<StatusCode> {
    external_account::revoke(&app, &caller.actor, &caller.origin, &kid).await?;
    Ok(StatusCode::NO_CONTENT)
}
