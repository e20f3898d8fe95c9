//! `GET /api/v1/certificates`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::Certificate;
use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Caller, Filters, Page, PageParameters, Paged};
use crate::http::certificate_query::CertificateQuery;
use crate::ops::certificate::search::{self, search};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list))
}

/// Search certificates
///
/// All parts of the filter must hold. A search for something rare among very many may answer a page that is short, or even
/// empty, and still has a `next`: go on until there is none.
#[utoipa::path(
    get, path = "/api/v1/certificates", tag = "certificates", operation_id = "list_certificates",
    params(PageParameters, CertificateQuery),
    responses((status = 200, body = Paged<Certificate>))
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    page: Page,
    Filters(query): Filters<CertificateQuery>,
) -> ApiResult<Json<Paged<Certificate>>> {
    let now = app.clock.now();
    let malformed = |fault: &dyn std::fmt::Display| ApiError::malformed(fault.to_string());
    let filter = query.filter(now).map_err(|fault| malformed(&fault))?;
    let sort = query.sort().map_err(|fault| malformed(&fault))?;
    let mut wanted = search::Page::first(sort, page.limit);
    if let Some(key) = &page.after {
        wanted.from = Some(key.parse().map_err(|fault: search::InvalidPosition| malformed(&fault))?);
    }
    let found = search(&app, &caller.actor, &filter, wanted).await?;
    let items = found.records.iter().map(|record| Certificate::of(record, now)).collect();
    Ok(Json(Paged::new(items, found.after.map(|place| place.to_string()))))
}
