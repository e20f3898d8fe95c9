//! `/requests`: certificates that people ask for and other people approve; `/fetch`: getting one with a code.

mod delivery;
mod fetch;
mod form;
mod inbox;
mod one;
mod preview;

use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};

pub(super) use self::inbox::person;
use super::failure::Failure;
use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/requests", get(inbox::page))
        .route("/requests/new", get(form::new).post(form::submit))
        .route("/requests/{id}", get(one::page))
        .route("/requests/{id}/change", get(form::change).post(form::submit_change))
        .route("/requests/{id}/decision", post(one::decide))
        .route("/requests/{id}/cancel", post(one::cancel))
        .route("/requests/{id}/share", post(one::share))
        .route("/requests/{id}/certificate.pem", get(one::certificate))
        .route("/requests/{id}/delivery", get(delivery::page).post(delivery::deliver))
        .route("/fetch/{id}", get(fetch::page).post(fetch::open))
}

/// The id in a path; garbage is a request that is not there.
fn id<T: FromStr>(text: &str) -> Result<T, Failure> {
    let rule = "No request has this address.";
    text.parse().map_err(|_| Failure::refused(StatusCode::NOT_FOUND, "There is no such request", rule))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
