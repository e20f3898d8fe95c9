//! `/api/v1/audit`: who did what, when, and which policy permitted it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ApiError, ApiResult, Caller, Filters, Page, PageParameters, Paged};
use crate::app::App;
use crate::http::audit_file::file;
use crate::http::audit_query::{AuditQuery, InvalidQuery};
use crate::ops::audit::written::{Format, Written};
use crate::ops::audit::{export, search};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(one)).routes(routes!(json_lines)).routes(routes!(csv))
}

impl From<InvalidQuery> for ApiError {
    fn from(fault: InvalidQuery) -> Self {
        Self::malformed(fault.to_string())
    }
}

/// Audit events
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "audit", operation_id = "list_audit_events",
    params(PageParameters, AuditQuery),
    responses((status = 200, body = Paged<Written>))
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    page: Page,
    Filters(asked): Filters<AuditQuery>,
) -> ApiResult<Json<Paged<Written>>> {
    let filter = asked.filter(app.clock.now())?;
    let found = search::search(&app, &caller.actor, &filter, page.after.as_deref(), page.limit).await?;
    Ok(Json(Paged::of(found, Written::from)))
}

/// One audit event
#[utoipa::path(
    get, path = "/api/v1/audit/{id}", tag = "audit", operation_id = "read_audit_event",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = Written))
)]
async fn one(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> ApiResult<Json<Written>> {
    Ok(Json(search::one(&app, &caller.actor, &id).await?.into()))
}

/// The audit trail as JSON lines
///
/// Every event that fits the filter, oldest first, one object a line, as one of them is answered by its id. It is sent while
/// it is read: an answer that is broken off is not the whole.
#[utoipa::path(
    get, path = "/api/v1/audit/export.jsonl", tag = "audit", operation_id = "export_audit_events",
    params(AuditQuery),
    responses((status = 200, body = String, content_type = "application/jsonl"))
)]
async fn json_lines(
    State(app): State<Arc<App>>,
    caller: Caller,
    Filters(asked): Filters<AuditQuery>,
) -> ApiResult<Response> {
    exported(&app, &caller, &asked, Format::JsonLines).await
}

/// The audit trail as CSV
///
/// The same in columns (RFC 4180): lists with spaces between, objects as JSON. A cell that a spreadsheet would take for a
/// formula begins with an apostrophe.
#[utoipa::path(
    get, path = "/api/v1/audit/export.csv", tag = "audit", operation_id = "export_audit_table",
    params(AuditQuery),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
async fn csv(State(app): State<Arc<App>>, caller: Caller, Filters(asked): Filters<AuditQuery>) -> ApiResult<Response> {
    exported(&app, &caller, &asked, Format::Csv).await
}

async fn exported(app: &Arc<App>, caller: &Caller, asked: &AuditQuery, format: Format) -> ApiResult<Response> {
    let export = export::begin(app, &caller.actor, &asked.filter(app.clock.now())?)?;
    Ok(file(export, format).await?)
}
