//! `/api/v1/acme/endpoints`: where clients come in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::http::api::{ApiResult, Caller, Paged};
use crate::ops::acme::inspect::endpoints::{self, EndpointSeen};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(list))
}

/// An ACME endpoint, as it is configured.
#[derive(Debug, Serialize, ToSchema)]
struct Endpoint {
    /// Its name
    #[schema(example = "acme")]
    name: String,
    /// Where clients begin
    #[schema(example = "https://ca.example.org:8443/acme/acme/directory")]
    directory: String,
    /// The authority that signs
    #[schema(example = "issuing")]
    issuer: String,
    /// What a client may ask for; the first is the default
    #[schema(example = json!(["tls-server"]))]
    profiles: Vec<String>,
    /// Whether a new account needs a binding
    external_account_required: bool,
    /// Seconds that a client has from the new order to its certificate
    #[schema(example = 604_800)]
    order_lifetime_seconds: u64,
    /// Port at which http-01 looks
    #[schema(example = 80)]
    http_port: u16,
    /// Port at which tls-alpn-01 looks
    #[schema(example = 443)]
    tls_alpn_port: u16,
}

impl From<EndpointSeen> for Endpoint {
    fn from(found: EndpointSeen) -> Self {
        Self {
            name: found.name,
            directory: found.directory,
            issuer: found.issuer,
            profiles: found.profiles,
            external_account_required: found.external_account_required,
            order_lifetime_seconds: found.order_lifetime.as_secs(),
            http_port: found.http_port,
            tls_alpn_port: found.tls_alpn_port,
        }
    }
}

/// ACME endpoints
///
/// All that the caller may look at, on one page.
#[utoipa::path(
    get, path = "/api/v1/acme/endpoints", tag = "acme", operation_id = "list_endpoints",
    responses((status = 200, body = Paged<Endpoint>))
)]
async fn list(State(app): State<Arc<App>>, caller: Caller) -> ApiResult<Json<Paged<Endpoint>>> {
    let found = endpoints::list(&app, &caller.actor)?;
    Ok(Json(Paged::new(found.into_iter().map(Endpoint::from).collect(), None)))
}
