//! The ACME endpoint over HTTP (RFC 8555 §7): each handler reads a message, calls one use case and writes a message.

mod account;
mod answer;
mod authenticated;
mod authorization;
mod certificate;
mod decorate;
mod directory;
mod order;
mod posted;
mod revoke;
mod urls;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::app::App;
use crate::config::AcmeSettings;

pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let decorated = middleware::from_fn_with_state(Arc::clone(app), decorate::answer);
    Router::new()
        .route("/directory", get(directory::default))
        .route("/acme/{endpoint}/directory", get(directory::named))
        .route("/acme/{endpoint}/new-nonce", get(directory::new_nonce))
        .route("/acme/{endpoint}/new-account", post(account::new_account))
        .route("/acme/{endpoint}/key-change", post(account::key_change))
        .route("/acme/{endpoint}/account/{id}", post(account::account))
        .route("/acme/{endpoint}/account/{id}/orders", post(account::orders))
        .route("/acme/{endpoint}/new-order", post(order::new_order))
        .route("/acme/{endpoint}/order/{id}", post(order::order))
        .route("/acme/{endpoint}/order/{id}/finalize", post(order::finalize))
        .route("/acme/{endpoint}/authz/{id}", post(authorization::authorization))
        .route("/acme/{endpoint}/challenge/{id}", post(authorization::challenge))
        .route("/acme/{endpoint}/certificate/{id}", post(certificate::certificate))
        .route("/acme/{endpoint}/revoke-cert", post(revoke::revoke))
        .layer(decorated)
}

/// The endpoint that a path belongs to: `/acme/{endpoint}/...`, and `/directory` for the first.
fn endpoint_of<'a>(app: &'a App, path: &str) -> Option<&'a AcmeSettings> {
    match path.strip_prefix("/acme/") {
        Some(rest) => app.endpoint(rest.split('/').next()?),
        None => app.settings.acme.first(),
    }
}
