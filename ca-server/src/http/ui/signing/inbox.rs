//! `/signing`: what waits for me, then everything.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use ca_core::signing::SigningState;
use web_ui::frame::Section;
use web_ui::signing::{SigningInboxPage, SigningRow};

use super::{environment, server, subject, unsigned};
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page as answer;
use crate::http::ui::query::Query;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::signing::inbox::{self, Line};
use crate::ops::signing::list::{self, Wanted};

/// Rows on a page.
const LIMIT: i64 = 50;

/// Requests of those that wait for somebody which are shown above the list.
const SHOWN: usize = 10;

pub(super) async fn page(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    let query = Query::of(&uri);
    let wanted = Wanted {
        state: query.value("state").and_then(|word| word.parse().ok()),
        profile: query.value("profile"),
        waiting: false,
    };
    let after = query.after().and_then(|id| id.parse().ok());
    let found = list::list(&app, &me.actor, &wanted, after, LIMIT).await?;
    let (newest, older) = (query.newest(), query.older(found.next.as_deref()));
    let rows = inbox::lines(&app, found.items).await?;
    let mut waiting = inbox::waiting(&app, &me.actor).await?;
    let waiting_total = waiting.len().try_into().unwrap_or(u64::MAX);
    waiting.truncate(SHOWN);
    let view = SigningInboxPage {
        frame: me.frame(&app, Section::Signing),
        waiting: waiting.into_iter().map(row).collect(),
        waiting_total,
        rows: rows.into_iter().map(row).collect(),
        state: query.text("state"),
        states: SigningState::ALL.map(|state| state.as_str().to_owned()).to_vec(),
        profile: query.text("profile"),
        profiles: app.policies.load().signing_profiles().map(|profile| profile.name().to_owned()).collect(),
        newer: newest,
        older,
        server: server(&app),
    };
    answer(view.render())
}

/// A request as a row of any list.
pub(super) fn row(line: Line) -> SigningRow {
    let row = line.row;
    let is_signed = row.state == SigningState::Signed;
    SigningRow {
        id: row.id.to_string(),
        state: row.state.as_str().to_owned(),
        environment: environment(&row.environment),
        requester: subject(&row.subject),
        created_at: row.created_at.seconds(),
        first_item: line.first_item,
        items: unsigned(row.items),
        signed: if is_signed { unsigned(row.items) } else { 0 },
        need: line.need,
        have: line.have,
        profile: row.profile,
        reason: row.reason,
    }
}
