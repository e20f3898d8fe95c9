//! What relying parties fetch over plain HTTP.

mod aia;
mod crl;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/aia/{file}", get(aia::issuer))
        .route("/crl/{file}", get(crl::whole))
        .route("/crl/{authority}/{file}", get(crl::shard))
}
