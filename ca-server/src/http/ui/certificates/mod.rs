//! `/certificates`, `/decode` and `/search`.

mod changes;
mod decode;
mod description;
mod detail;
mod downloads;
mod list;
mod progress;
mod query;
mod revoke;
mod search;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/certificates", get(list::show))
        .route("/certificates/changes", get(progress::all).post(changes::start))
        .route("/certificates/changes/new", get(changes::new))
        .route("/certificates/changes/{id}", get(progress::progress))
        .route("/certificates/changes/{id}/stop", post(progress::stop))
        .route("/certificates/{id}", get(detail::show))
        .route("/certificates/{id}/owner", post(detail::assign_owner))
        .route("/certificates/{id}/renewal", post(detail::ask_for_renewal))
        .route("/certificates/{id}/revoke", get(revoke::show).post(revoke::perform))
        .route("/certificates/{id}/pem", get(downloads::pem))
        .route("/certificates/{id}/chain", get(downloads::chain))
        .route("/certificates/{id}/der", get(downloads::der))
        .route("/certificates/{id}/pkcs7", get(downloads::pkcs7))
        .route("/decode", get(decode::show).post(decode::decode))
        .route("/search", get(search::search))
}
