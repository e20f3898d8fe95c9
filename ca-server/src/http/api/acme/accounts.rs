//! `/api/v1/acme/accounts`: who may order.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::api::{ApiResult, Caller, Filters, Instant, Page, PageParameters, Paged, ProvedCaller};
use crate::ops::acme::inspect::accounts::{self, AccountFilter, AccountSeen, AccountState};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(one, close))
}

/// An ACME account.
#[derive(Debug, Serialize, ToSchema)]
struct Account {
    /// Its id
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    id: String,
    /// ACME endpoint
    #[schema(example = "acme")]
    endpoint: String,
    /// `valid`, `deactivated` by itself, or `revoked` by an operator
    #[schema(example = "valid")]
    status: String,
    /// Contact URLs, as the client gave them
    #[schema(example = json!(["mailto:ops@example.org"]))]
    contacts: Vec<String>,
    /// RFC 7638 thumbprint of its key
    #[schema(example = "LGsAYx8s8bPkX0bB3nqC0R7Wm8pT1a0oYwTz5rWQJ9o")]
    key_thumbprint: String,
    /// The binding that it was opened with
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<String>,
    /// When it agreed to the terms of service
    #[serde(skip_serializing_if = "Option::is_none")]
    terms_agreed_at: Option<Instant>,
    /// The address that it was opened from
    #[schema(example = "192.0.2.7")]
    created_from: String,
    /// When it was opened
    created_at: Instant,
}

impl From<AccountSeen> for Account {
    fn from(found: AccountSeen) -> Self {
        Self {
            id: found.id,
            endpoint: found.endpoint,
            status: found.state.to_string(),
            contacts: found.contacts,
            key_thumbprint: found.key_thumbprint,
            binding: found.binding,
            terms_agreed_at: found.terms_agreed_at.map(Instant),
            created_from: found.created_from,
            created_at: found.created_at.into(),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Narrowed {
    /// Only of this ACME endpoint
    endpoint: Option<String>,
    /// Only in this state
    #[param(inline)]
    status: Option<AccountStatus>,
    /// Only opened with this binding
    binding: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum AccountStatus {
    Valid,
    Deactivated,
    Revoked,
}

impl From<AccountStatus> for AccountState {
    fn from(status: AccountStatus) -> Self {
        match status {
            AccountStatus::Valid => Self::Valid,
            AccountStatus::Deactivated => Self::Deactivated,
            AccountStatus::Revoked => Self::Revoked,
        }
    }
}

/// ACME accounts
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/acme/accounts", tag = "acme", operation_id = "list_accounts",
    params(PageParameters, Narrowed),
    responses((status = 200, body = Paged<Account>), (status = 404))
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    page: Page,
    Filters(asked): Filters<Narrowed>,
) -> ApiResult<Json<Paged<Account>>> {
    let state = asked.status.map(AccountState::from);
    let filter = AccountFilter { endpoint: asked.endpoint, state, binding: asked.binding };
    let found = accounts::list(&app, &caller.actor, &filter, page.after.as_deref(), page.limit).await?;
    Ok(Json(Paged::of(found, Account::from)))
}

/// One account
#[utoipa::path(
    get, path = "/api/v1/acme/accounts/{id}", tag = "acme", operation_id = "read_account",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = Account))
)]
async fn one(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> ApiResult<Json<Account>> {
    Ok(Json(accounts::one(&app, &caller.actor, &id).await?.into()))
}

/// Close an account
///
/// Its key can order nothing any more, for good. Its certificates stay.
#[utoipa::path(
    delete, path = "/api/v1/acme/accounts/{id}", tag = "acme", operation_id = "close_account",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "It is closed"), (status = 409))
)]
async fn close(
    State(app): State<Arc<App>>,
    ProvedCaller(caller): ProvedCaller,
    Path(id): Path<String>,
) -> ApiResult<StatusCode> {
    accounts::close(&app, &caller.actor, &caller.origin, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
