//! `/api/v1/me`: what the caller's token or session stands for.

use std::sync::Arc;

use axum::Json;
use ca_core::policy::Actor;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Caller;
use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default().routes(routes!(me))
}

/// Whoever asks.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// `Operator` or `ApiToken`
    #[schema(example = "ApiToken")]
    kind: &'static str,
    /// The id by which policies and the audit trail know the caller
    #[schema(example = "019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10")]
    id: String,
    /// Sign-in name, or what the token is called
    #[schema(example = "ann")]
    name: String,
    /// Roles held
    #[schema(example = json!(["operator"]))]
    roles: Vec<String>,
    /// What a token may be used for
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["read", "certificates"]))]
    scopes: Option<Vec<String>>,
}

/// Who am I?
///
/// What the token or the session stands for. Ask this first to see whether a token works.
#[utoipa::path(get, path = "/api/v1/me", tag = "me", responses((status = 200, body = Me)))]
async fn me(caller: Caller) -> Json<Me> {
    let (kind, id) = (caller.actor.kind(), caller.actor.id());
    Json(match caller.actor {
        Actor::Operator { name, roles } => Me { kind, id, name, roles, scopes: None },
        Actor::ApiToken { name, roles, scopes, .. } => Me { kind, id, name, roles, scopes: Some(scopes) },
        _ => Me { kind, name: id.clone(), id, roles: Vec::new(), scopes: None },
    })
}
