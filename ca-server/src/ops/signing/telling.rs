//! What people and machines hear of a request for signatures.

use serde_json::json;

use crate::app::App;
use crate::notices::NoticeKind;
use crate::ops::notice::{self, Notice};
use crate::store::notice::NewNotice;
use crate::store::signing_request::StoredSigningRequest;

/// Somebody asks: approvers are wanted.
pub(super) fn submitted(app: &App, row: &StoredSigningRequest, need: u32) -> Vec<NewNotice> {
    let subject = format!("{} waits for your approval", what(row));
    let people = if need == 1 { "One person has".to_owned() } else { format!("{need} people have") };
    let text = format!("{} asks for {}. {people} to approve it.{}", row.subject, what(row), reason(&row.reason));
    rows(app, row, NoticeKind::SigningSubmitted, subject, text, "pending_approval")
}

/// It ended without signatures.
pub(super) fn ended(app: &App, row: &StoredSigningRequest, state: &str, by: &str, why: &str) -> Vec<NewNotice> {
    let text = format!("The request of {} for {} is {state}, by {by}.{}", row.subject, what(row), reason(why));
    rows(app, row, NoticeKind::SigningDecided, format!("{} is {state}", what(row)), text, state)
}

/// Every signature is there.
pub(super) fn signed(app: &App, row: &StoredSigningRequest) -> Vec<NewNotice> {
    let text = format!("{}, that {} asked for, is signed.", what(row), row.subject);
    rows(app, row, NoticeKind::SigningSigned, format!("{} is signed", what(row)), text, "signed")
}

/// A security officer let it through alone: everybody hears of it.
pub(super) fn glass_broken(app: &App, row: &StoredSigningRequest, officer: &str, why: &str) -> Vec<NewNotice> {
    let subject = format!("ALARM: {officer} had {} signed without approval", what(row));
    let text = format!(
        "{officer} let the request of {} for {} through alone, as a security officer may in an emergency. If you know \
         of none, revoke its certificate now.{}",
        row.subject,
        what(row),
        reason(why)
    );
    rows(app, row, NoticeKind::SigningGlassBroken, subject, text, "approved")
}

fn rows(
    app: &App,
    row: &StoredSigningRequest,
    kind: NoticeKind,
    subject: String,
    text: String,
    state: &str,
) -> Vec<NewNotice> {
    let notice = Notice {
        kind,
        subject,
        text,
        page: page(row.id),
        details: json!({
            "request": row.id.to_string(), "state": state, "profile": row.profile, "environment": row.environment,
            "format": row.format.as_str(), "digest_set": row.set().to_string(), "items": row.items,
            "subject": row.subject, "provenance": row.provenance,
        }),
        also_to: Vec::new(),
        once: None,
    };
    notice::rows(app, &notice)
}

/// The page of a request, a path of the web UI.
pub(super) fn page(id: impl std::fmt::Display) -> String {
    format!("/signing/{id}")
}

fn what(row: &StoredSigningRequest) -> String {
    let things = if row.items == 1 { "a signature".to_owned() } else { format!("{} signatures", row.items) };
    match row.provenance.get("repository").filter(|text| !text.is_empty()) {
        Some(repository) => format!("{things} for {repository} (profile {})", row.profile),
        None => format!("{things} (profile {})", row.profile),
    }
}

fn reason(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\nReason: {text}") }
}
