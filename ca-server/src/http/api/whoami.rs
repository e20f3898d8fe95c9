//! `/api/v1/whoami`: what the caller's token or session stands for.

use std::sync::Arc;

use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use ca_core::policy::Actor;
use serde_json::{Value, json};

use super::caller::Caller;
use crate::app::App;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/api/v1/whoami", get(whoami))
}

async fn whoami(caller: Caller) -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], Json(described(&caller)))
}

fn described(caller: &Caller) -> Value {
    let actor = &caller.actor;
    let base = json!({ "kind": actor.kind(), "id": actor.id(), "address": caller.origin.address });
    let more = match actor {
        Actor::Operator { name, roles } => json!({ "name": name, "roles": roles }),
        Actor::ApiToken { name, roles, scopes, .. } => json!({ "name": name, "roles": roles, "scopes": scopes }),
        _ => json!({}),
    };
    let parts = [base, more].into_iter().filter_map(|part| part.as_object().cloned());
    Value::Object(parts.flatten().collect())
}
