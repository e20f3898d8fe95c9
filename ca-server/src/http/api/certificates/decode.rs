//! `POST /api/v1/decode`: what a certificate or a request says.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::description::Description;
use crate::app::App;
use crate::http::api::{ApiError, ApiResult, Caller};
use crate::ops::certificate::decode::{Decoded, decode};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(decode_text))
}

/// Something to decode.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Pasted {
    /// PEM of certificates or a request, bare base64, or hexadecimal; at most 256 KiB
    #[schema(example = "-----BEGIN CERTIFICATE-----\n…")]
    text: String,
}

/// What was in it.
#[derive(Debug, Serialize, ToSchema)]
struct DecodedItems {
    /// In the order of the text
    items: Vec<DecodedItem>,
}

/// One thing.
#[derive(Debug, Serialize, ToSchema)]
struct DecodedItem {
    /// What it says
    #[serde(flatten)]
    description: Description,
    /// Id of the certificate, if it was issued here
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_here: Option<String>,
    /// Whether the next certificate issued it; absent for the last
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_by_next: Option<bool>,
}

/// Decode a certificate, a chain or a request
///
/// Reads it and keeps nothing.
#[utoipa::path(
    post, path = "/api/v1/decode", tag = "certificates", operation_id = "decode",
    request_body = Pasted,
    responses((status = 200, body = DecodedItems))
)]
async fn decode_text(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(pasted): Json<Pasted>,
) -> ApiResult<Json<DecodedItems>> {
    let decoded = decode(&app, &caller.actor, &pasted.text).await?;
    let items = decoded.map_err(|unreadable| ApiError::refused("decode", unreadable.to_string()))?;
    Ok(Json(DecodedItems { items: items.iter().map(item).collect() }))
}

fn item(found: &Decoded) -> DecodedItem {
    match found {
        Decoded::Certificate { description, issued_here, issued_by_next } => DecodedItem {
            description: Description::of_certificate(description),
            issued_here: issued_here.map(|id| id.to_string()),
            issued_by_next: *issued_by_next,
        },
        Decoded::Request(description) => {
            DecodedItem { description: Description::of_request(description), issued_here: None, issued_by_next: None }
        }
    }
}
