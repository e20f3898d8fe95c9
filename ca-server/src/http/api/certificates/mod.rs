//! `/api/v1/certificates` and `/api/v1/decode`.

mod change;
mod decode;
mod description;
mod file;
mod list;
mod one;
mod wire;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    list::routes().merge(one::routes()).merge(file::routes()).merge(change::routes()).merge(decode::routes())
}
