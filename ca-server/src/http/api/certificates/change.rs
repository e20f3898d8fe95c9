//! `/api/v1/certificates/changes`: one change to many certificates.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use ca_core::revocation::RevocationReason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Caller, Instant, Page, PageParameters, Paged};
use crate::http::certificate_query::CertificateQuery;
use crate::ops::certificate::bulk::{self, BulkChange, BulkChangeId, BulkState, Change, Confirmed, Selection};
use crate::ops::certificate::care;
use crate::ops::instant;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list, start)).routes(routes!(one)).routes(routes!(stop))
}

/// A change to many certificates, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
struct BulkChangeView {
    /// Its id
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    id: String,
    /// `revoke`, `ask-for-renewal` or `assign-owner`
    #[schema(example = "revoke")]
    change: &'static str,
    /// `preparing`, `running`, `done` or `stopped`
    #[schema(example = "running")]
    state: &'static str,
    /// How the certificates were chosen
    selection: String,
    /// Who confirmed it
    #[schema(example = "ApiToken:019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    actor: String,
    /// When
    created_at: Instant,
    /// When it ended
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Instant>,
    /// Certificates chosen
    #[schema(example = 312)]
    total: i64,
    /// Certificates changed so far
    #[schema(example = 160)]
    changed: i64,
    /// Certificates that were as wanted before
    unchanged: i64,
    /// Certificates that may not or cannot be changed
    refused: i64,
    /// Why it was stopped
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl BulkChangeView {
    fn of(change: &BulkChange) -> Self {
        Self {
            id: change.id.to_string(),
            change: change.kind.as_str(),
            state: change.state.as_str(),
            selection: change.selection.clone(),
            actor: change.actor.clone(),
            created_at: change.created_at.into(),
            finished_at: change.finished_at.map(Instant),
            total: change.total,
            changed: change.changed,
            unchanged: change.unchanged,
            refused: change.refused,
            error: change.last_error.clone().filter(|_| change.state == BulkState::Stopped),
        }
    }
}

/// Changes to many certificates
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/certificates/changes", tag = "certificates", operation_id = "list_certificate_changes",
    params(PageParameters),
    responses((status = 200, body = Paged<BulkChangeView>))
)]
async fn list(State(app): State<Arc<App>>, caller: Caller, page: Page) -> ApiResult<Json<Paged<BulkChangeView>>> {
    let before = page.after.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_| ApiError::malformed("this list has no such page"))?;
    let found = bulk::recent(&app, &caller.actor, before, page.limit).await?;
    Ok(Json(Paged::of(found, |change| BulkChangeView::of(&change))))
}

/// A change to be made. Either `ids` or `filter` says to which certificates.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "change": "assign-owner", "ids": ["019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10"], "certificates": 1, "owner": "team payments"
}))]
struct NewBulkChange {
    /// What to do
    change: ChangeKind,
    /// Ids of the certificates
    #[schema(max_items = 10_000)]
    ids: Option<Vec<String>>,
    /// The filter that finds them: the parameters of the list, as an object
    #[schema(value_type = Option<Object>)]
    filter: Option<CertificateQuery>,
    /// How many certificates are meant. The change is refused if there are more or fewer
    #[schema(example = 312)]
    certificates: i64,
    /// For a revocation: why, by the name in RFC 5280 §5.3.1
    #[schema(example = "superseded")]
    reason: Option<String>,
    /// For a revocation: whether the keys are never certified again; keyCompromise always does that
    #[serde(default)]
    block_key: bool,
    /// For a request to renew: until when; absent to take it back
    #[schema(example = "7d")]
    by: Option<String>,
    /// For an owner: who answers for them; absent or empty to take the owner away
    #[schema(example = "team payments", max_length = 200)]
    owner: Option<String>,
}

/// What is done to each of many certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ChangeKind {
    Revoke,
    AskForRenewal,
    AssignOwner,
}

/// Change many certificates
///
/// Notes the certificates down and begins; the answer says where progress is shown. Each certificate is decided about by
/// itself, with what the caller may do at that moment. At most 10,000 at once.
#[utoipa::path(
    post, path = "/api/v1/certificates/changes", tag = "certificates", operation_id = "change_certificates",
    request_body = NewBulkChange,
    responses((status = 202, body = BulkChangeView, headers(("Location" = String, description = "The change"))))
)]
async fn start(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(new): Json<NewBulkChange>,
) -> ApiResult<impl IntoResponse> {
    if new.change == ChangeKind::Revoke {
        caller.require_recent_proof()?;
    }
    let change = change(&app, &new)?;
    let (selection, words) = selection(&app, new.ids, new.filter)?;
    let chosen = bulk::summary(&app, &caller.actor, &selection).await?;
    if chosen.total() != new.certificates {
        let detail =
            format!("{} certificates are chosen, not {}: look at them again", chosen.total(), new.certificates);
        return Err(ApiError::new(crate::http::api::kind::Kind::Conflict, detail));
    }
    let confirmed = Confirmed { change, selection, words, digest: Some(chosen.digest()) };
    let id = bulk::start(&app, &caller.actor, &caller.origin, confirmed).await?;
    let view = BulkChangeView::of(&bulk::progress(&app, &caller.actor, id).await?.change);
    let place = format!("/api/v1/certificates/changes/{id}");
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(view)))
}

fn change(app: &App, new: &NewBulkChange) -> ApiResult<Change> {
    Ok(match new.change {
        ChangeKind::Revoke => {
            let reason = new.reason.as_deref().unwrap_or_default().parse::<RevocationReason>();
            let reason = reason.map_err(|fault| ApiError::refused("revocation-reason", fault.to_string()))?;
            Change::Revoke { reason, block_key: new.block_key }
        }
        ChangeKind::AskForRenewal => {
            let by = new.by.as_deref().map(|text| instant::parse(text, app.clock.now())).transpose();
            Change::AskForRenewal { by: by.map_err(|fault| ApiError::refused("instant", fault.to_string()))? }
        }
        ChangeKind::AssignOwner => {
            let owner = care::owner(new.owner.as_deref().unwrap_or_default());
            Change::AssignOwner { owner: owner.map_err(|fault| ApiError::refused("owner", fault.to_string()))? }
        }
    })
}

fn selection(app: &App, ids: Option<Vec<String>>, filter: Option<CertificateQuery>) -> ApiResult<(Selection, String)> {
    match (ids, filter) {
        (Some(ids), None) => {
            let ids = ids.iter().map(|id| id.parse()).collect::<Result<Vec<_>, _>>();
            let ids = ids.map_err(|_| ApiError::refused("ids", "an id is a UUID, as the list of certificates says"))?;
            Ok((Selection::These(ids), "named one by one".to_owned()))
        }
        (None, Some(query)) => {
            let filter = query.filter(app.clock.now());
            let filter = filter.map_err(|fault| ApiError::refused("filter", fault.to_string()))?;
            Ok((Selection::All(Box::new(filter)), query.words()))
        }
        _ => Err(ApiError::refused("selection", "give either ids or filter")),
    }
}

/// One change to many certificates
#[utoipa::path(
    get, path = "/api/v1/certificates/changes/{id}", tag = "certificates", operation_id = "read_certificate_change",
    params(("id" = String, Path, description = "Id of the change")),
    responses((status = 200, body = BulkChangeView))
)]
async fn one(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> ApiResult<Json<BulkChangeView>> {
    let found = bulk::progress(&app, &caller.actor, named(&id)?).await?;
    Ok(Json(BulkChangeView::of(&found.change)))
}

/// Stop a change to many certificates
///
/// What was changed by then stays changed.
#[utoipa::path(
    post, path = "/api/v1/certificates/changes/{id}/stop", tag = "certificates",
    operation_id = "stop_certificate_change",
    params(("id" = String, Path, description = "Id of the change")),
    responses((status = 200, body = BulkChangeView))
)]
async fn stop(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> ApiResult<Json<BulkChangeView>> {
    let id = named(&id)?;
    bulk::stop(&app, &caller.actor, &caller.origin, id).await?;
    let found = bulk::progress(&app, &caller.actor, id).await?;
    Ok(Json(BulkChangeView::of(&found.change)))
}

fn named(id: &str) -> ApiResult<BulkChangeId> {
    id.parse().map_err(|_| ApiError::not_found(format!("there is no change {id}")))
}
