//! A certificate as a file.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::api::{ApiResult, Caller};
use crate::ops::certificate::download::{Format, download};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(pem)).routes(routes!(chain)).routes(routes!(der)).routes(routes!(pkcs7))
}

/// A certificate as PEM
#[utoipa::path(
    get, path = "/api/v1/certificates/{id}/pem", tag = "certificates", operation_id = "read_certificate_pem",
    params(("id" = String, Path, description = "Id, serial number or SHA-256 fingerprint")),
    responses((status = 200, body = String, content_type = "application/pem-certificate-chain"), (status = 409))
)]
async fn pem(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> ApiResult<Response> {
    file(&app, &caller, &id, Format::Pem).await
}

/// A certificate with those above it as PEM
#[utoipa::path(
    get, path = "/api/v1/certificates/{id}/chain", tag = "certificates", operation_id = "read_certificate_chain",
    params(("id" = String, Path, description = "Id, serial number or SHA-256 fingerprint")),
    responses((status = 200, body = String, content_type = "application/pem-certificate-chain"), (status = 409))
)]
async fn chain(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> ApiResult<Response> {
    file(&app, &caller, &id, Format::Chain).await
}

/// A certificate as DER
#[utoipa::path(
    get, path = "/api/v1/certificates/{id}/der", tag = "certificates", operation_id = "read_certificate_der",
    params(("id" = String, Path, description = "Id, serial number or SHA-256 fingerprint")),
    responses((status = 200, body = Vec<u8>, content_type = "application/pkix-cert"), (status = 409))
)]
async fn der(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> ApiResult<Response> {
    file(&app, &caller, &id, Format::Der).await
}

/// A certificate with those above it as PKCS#7
///
/// SignedData that signs nothing and carries certificates only (RFC 5652 §5.1), in DER.
#[utoipa::path(
    get, path = "/api/v1/certificates/{id}/pkcs7", tag = "certificates", operation_id = "read_certificate_pkcs7",
    params(("id" = String, Path, description = "Id, serial number or SHA-256 fingerprint")),
    responses((status = 200, body = Vec<u8>, content_type = "application/pkcs7-mime"), (status = 409))
)]
async fn pkcs7(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> ApiResult<Response> {
    file(&app, &caller, &id, Format::Pkcs7).await
}

async fn file(app: &App, caller: &Caller, id: &str, format: Format) -> ApiResult<Response> {
    let file = download(app, &caller.actor, id, format).await?;
    Ok(([(header::CONTENT_TYPE, format.media_type())], file.bytes).into_response())
}
