//! The directory (RFC 8555 §7.1.1) and newNonce (§7.2).

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ca_core::acme::Problem;
use ca_core::acme::message::{Directory, DirectoryMetadata};

use super::answer::Refusal;
use super::urls::Urls;
use crate::app::App;
use crate::config::AcmeSettings;

/// `/directory`: the first endpoint's.
pub(super) async fn default(State(app): State<Arc<App>>) -> Response {
    match app.settings.acme.first() {
        Some(endpoint) => Json(directory(&app, endpoint)).into_response(),
        None => Refusal(Problem::not_found("ACME endpoint")).into_response(),
    }
}

/// `/acme/{endpoint}/directory`.
pub(super) async fn named(State(app): State<Arc<App>>, Path(endpoint): Path<String>) -> Response {
    match app.endpoint(&endpoint) {
        Some(endpoint) => Json(directory(&app, endpoint)).into_response(),
        None => Refusal(Problem::not_found("ACME endpoint")).into_response(),
    }
}

fn directory(app: &App, endpoint: &AcmeSettings) -> Directory {
    let urls = Urls::new(&app.settings.server.public_url, &endpoint.name);
    Directory {
        new_nonce: urls.at("new-nonce"),
        new_account: urls.at("new-account"),
        new_order: urls.at("new-order"),
        revoke_cert: urls.at("revoke-cert"),
        key_change: urls.at("key-change"),
        new_authz: None,
        renewal_info: None,
        meta: DirectoryMetadata {
            terms_of_service: endpoint.terms_of_service.as_ref().map(ToString::to_string),
            website: endpoint.website.as_ref().map(ToString::to_string),
            caa_identities: Vec::new(),
            external_account_required: endpoint.external_account_required,
        },
    }
}

// RFC 8555 §7.2: 200 for HEAD, 204 for GET, both with a nonce and no-store.
/// `/acme/{endpoint}/new-nonce`.
pub(super) async fn new_nonce(State(app): State<Arc<App>>, Path(endpoint): Path<String>, method: Method) -> Response {
    let Some(endpoint) = app.endpoint(&endpoint) else {
        return Refusal(Problem::not_found("ACME endpoint")).into_response();
    };
    let directory = Urls::new(&app.settings.server.public_url, &endpoint.name).at("directory");
    let nonce = match app.nonces.issue(app.clock.now()) {
        Ok(nonce) => nonce,
        Err(error) => return Refusal::from(error).into_response(),
    };
    let headers = [
        (HeaderName::from_static("replay-nonce"), nonce),
        (header::LINK, format!("<{directory}>;rel=\"index\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let status = if method == Method::HEAD { StatusCode::OK } else { StatusCode::NO_CONTENT };
    (status, headers).into_response()
}
