//! `/audit`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;
use web_ui::audit::{AuditPage, EventPage, EventRow, FilterValues};
use web_ui::frame::Section;

use super::failure::Failure;
use super::page::page;
use super::query::Query;
use super::signed_in::SignedIn;
use crate::app::App;
use crate::http::audit_file::file;
use crate::http::audit_query::AuditQuery;
use crate::ops::audit::written::{Format, hexadecimal};
use crate::ops::audit::{Event, export, search};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/audit", get(list))
        .route("/audit/{id}", get(one))
        .route("/audit/export.jsonl", get(json_lines))
        .route("/audit/export.csv", get(csv))
}

/// Events on a page.
const LIMIT: i64 = 50;

async fn list(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    let query = Query::of(&uri);
    let (filter, problem) = match asked(&query).filter(app.clock.now()) {
        Ok(filter) => (filter, None),
        Err(fault) => (search::Filter::default(), Some(fault.to_string())),
    };
    let limit = if problem.is_none() { LIMIT } else { 0 };
    let found = search::search(&app, &me.actor, &filter, query.after().as_deref(), limit).await?;
    let view = AuditPage {
        frame: me.frame(&app, Section::Audit),
        filter: values(&query),
        older: found.next.filter(|_| problem.is_none()),
        problem,
        actions: search::actions(),
        events: found.items.into_iter().map(row).collect(),
        is_later: query.after().is_some(),
    };
    page(view.render())
}

fn asked(query: &Query) -> AuditQuery {
    AuditQuery {
        actor: query.value("actor"),
        action: query.value("action"),
        object: query.value("object"),
        request: query.value("request"),
        since: query.value("since"),
        until: query.value("until"),
    }
}

fn values(query: &Query) -> FilterValues {
    FilterValues {
        actor: query.text("actor"),
        action: query.text("action"),
        object: query.text("object"),
        request: query.text("request"),
        since: query.text("since"),
        until: query.text("until"),
    }
}

fn row(event: Event) -> EventRow {
    EventRow {
        id: event.id,
        at: event.at.to_unix_time().seconds(),
        actor: event.actor,
        action: event.action,
        object: event.object,
        detail: event.details.get("reason").or(event.details.get("names")).cloned(),
        origin: event.origin,
    }
}

async fn one(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let found = search::one(&app, &me.actor, &id).await?;
    let view = EventPage {
        frame: me.frame(&app, Section::Audit),
        id: found.id,
        at: found.at.to_unix_time().seconds(),
        actor: found.actor,
        roles: found.roles,
        action: found.action,
        object: found.object,
        entity: found.entity,
        identifiers: found.identifiers,
        attributes: attributes(&found.attributes),
        details: found.details.into_iter().collect(),
        denied: found.denied,
        policies: found.policies,
        policy_set: found.policy_set,
        origin: found.origin,
        request_id: found.request_id,
        certificate_sha256: found.certificate_sha256,
        leaf_hash: hexadecimal(&found.leaf_hash),
        canonical: found.canonical,
    };
    page(view.render())
}

fn attributes(all: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Value::Object(entity) => entity.get("entity").and_then(Value::as_str).unwrap_or_default().to_owned(),
        other => other.to_string(),
    };
    all.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

async fn json_lines(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    exported(&app, &me, &uri, Format::JsonLines).await
}

async fn csv(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    exported(&app, &me, &uri, Format::Csv).await
}

async fn exported(app: &Arc<App>, me: &SignedIn, uri: &Uri, format: Format) -> Result<Response, Failure> {
    let unreadable = |fault| {
        Failure::refused(StatusCode::BAD_REQUEST, "This filter cannot be read", format!("{fault}."))
            .with_next_step("Go back to the list, correct it there, and export then.")
    };
    let filter = asked(&Query::of(uri)).filter(app.clock.now()).map_err(unreadable)?;
    Ok(file(export::begin(app, &me.actor, &filter)?, format).await?)
}
