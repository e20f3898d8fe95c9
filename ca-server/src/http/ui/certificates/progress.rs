//! How far changes to many certificates are.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use ca_core::policy::action::ChangeInBulk;
use serde::Deserialize;
use web_ui::certificates::{ChangeKind, ChangeProgressPage, ChangeRow, ChangeState, ChangesPage, RefusedRow};
use web_ui::frame::Section;

use super::query::Query;
use super::view;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::page;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::certificate::bulk::{self, BulkChange, BulkChangeId, BulkKind, BulkState, Change};

/// Changes on a page.
const LIMIT: i64 = 50;

pub(super) async fn all(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    let before = Query::of(&uri).value("before").and_then(|id| id.parse().ok());
    let found = bulk::recent(&app, &me.actor, before, LIMIT).await?;
    let older = found.next.map(|id| format!("/certificates/changes?before={id}"));
    let rows = found.items.iter().map(row).collect();
    page(ChangesPage { frame: me.frame(&app, Section::Certificates), rows, older }.render())
}

pub(super) async fn progress(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let found = bulk::progress(&app, &me.actor, named(&id)?).await?;
    let act = ChangeInBulk { change: found.change.kind.as_str().to_owned(), certificates: found.change.total };
    let refused = found.refused.iter().map(|(item, record)| RefusedRow {
        id: item.certificate_id.to_string(),
        title: record.as_ref().map_or_else(|| item.certificate_id.to_string(), view::title),
        why: item.detail.clone().unwrap_or_default(),
    });
    let view = ChangeProgressPage {
        frame: me.frame(&app, Section::Certificates),
        words: words(&found.change),
        change: row(&found.change),
        error: found.change.last_error.clone(),
        refused: refused.collect(),
        may_stop: app.policies.load().engine().decide(&me.actor, act).is_ok(),
    };
    page(view.render())
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn stop(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    let id = named(&id)?;
    bulk::stop(&app, &me.actor, &me.origin, id).await?;
    Ok(Redirect::to(&format!("/certificates/changes/{id}")).into_response())
}

fn named(id: &str) -> Result<BulkChangeId, OpError> {
    id.parse().map_err(|_| OpError::NotFound(format!("there is no change {id}")))
}

fn row(change: &BulkChange) -> ChangeRow {
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    ChangeRow {
        id: change.id.to_string(),
        kind: match change.kind {
            BulkKind::Revoke => ChangeKind::Revoke,
            BulkKind::AskForRenewal => ChangeKind::AskForRenewal,
            BulkKind::AssignOwner => ChangeKind::AssignOwner,
        },
        state: match change.state {
            BulkState::Preparing => ChangeState::Preparing,
            BulkState::Running => ChangeState::Running,
            BulkState::Done => ChangeState::Done,
            BulkState::Stopped => ChangeState::Stopped,
        },
        selection: change.selection.clone(),
        actor: change.actor.clone(),
        created_at: change.created_at.seconds(),
        total: number(change.total),
        changed: number(change.changed),
        unchanged: number(change.unchanged),
        refused: number(change.refused),
    }
}

/// "Revoke (superseded)".
fn words(change: &BulkChange) -> String {
    match Change::read(change.kind, &change.parameters) {
        Ok(Change::Revoke { reason, .. }) => format!("Revoke ({reason})"),
        Ok(Change::AskForRenewal { by: Some(by) }) => format!("Ask for renewal before {by}"),
        Ok(Change::AskForRenewal { by: None }) => "Take back the request to renew".to_owned(),
        Ok(Change::AssignOwner { owner: Some(owner) }) => format!("Make {owner} the owner"),
        Ok(Change::AssignOwner { owner: None }) => "Take the owner away".to_owned(),
        Err(_) => change.kind.to_string(),
    }
}
