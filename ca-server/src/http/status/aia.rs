//! `/aia/{authority}.cer`: the issuer's certificate in DER (RFC 5280 §4.2.2.1).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;

pub(super) async fn issuer(State(app): State<Arc<App>>, Path(file): Path<String>) -> Response {
    let found = file.strip_suffix(".cer").and_then(|slug| app.authorities.by_slug(slug).ok());
    let Some(issuer) = found else { return StatusCode::NOT_FOUND.into_response() };
    // RFC 5280 §4.2.2.1: DER, application/pkix-cert. The slug never names another certificate.
    let headers = [(header::CONTENT_TYPE, "application/pkix-cert"), (header::CACHE_CONTROL, "max-age=86400")];
    (headers, issuer.issuer.certificate().as_der().to_vec()).into_response()
}
