//! `/clients`: ACME orders and why they fail, accounts, bindings.

mod accounts;
mod bindings;
mod order;
mod orders;
pub(super) mod query;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/clients", get(orders::list))
        .route("/clients/accounts", get(accounts::list))
        .route("/clients/bindings", get(bindings::list).post(bindings::create))
        .route("/clients/bindings/{kid}/revoke", post(bindings::revoke))
        .route("/clients/{endpoint}/accounts/{id}", get(accounts::one))
        .route("/clients/{endpoint}/accounts/{id}/close", get(accounts::ask_to_close).post(accounts::close))
        .route("/clients/{endpoint}/orders/{id}", get(order::show))
}

/// Rows on a page.
const LIMIT: i64 = 50;

/// Names of the endpoints to choose from.
fn endpoints(app: &App) -> Vec<String> {
    app.settings.acme.iter().map(|endpoint| endpoint.name.clone()).collect()
}
