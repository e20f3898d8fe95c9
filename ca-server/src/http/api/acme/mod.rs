//! `/api/v1/acme`: what operators see and do about ACME. Clients speak RFC 8555 elsewhere.

mod accounts;
mod bindings;
mod endpoints;
mod orders;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .merge(endpoints::routes())
        .merge(accounts::routes())
        .merge(orders::routes())
        .merge(bindings::routes())
}
