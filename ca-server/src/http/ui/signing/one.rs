//! `/signing/{id}`: one request.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use ca_core::signing::SigningState;
use web_ui::frame::Section;
use web_ui::signing::{
    FailureView, ItemRow, ItemsView, SignerView, SigningEvent, SigningRefusals, SigningRequestPage, StageView, VoteView,
};

use super::{difference, environment, hexadecimal, id, provenance, subject, unsigned};
use crate::app::App;
use crate::http::ui::clients::query::Query;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page as answer;
use crate::http::ui::requests::person;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::signing::view::{self, ItemView, SigningDetails, SigningEventKind, SigningMay, SigningView};

/// Artifacts on a page.
const LIMIT: i64 = 50;

pub(super) async fn page(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(text): Path<String>,
    uri: Uri,
) -> Result<Response, Failure> {
    let after = Query::of(&uri).after().and_then(|after| after.parse().ok()).unwrap_or_default();
    answer(shown(&app, &me, &text, after).await?.render())
}

/// The page of a request with its artifacts after a given number.
pub(super) async fn shown(app: &App, me: &SignedIn, text: &str, after: i64) -> Result<SigningRequestPage, Failure> {
    let id = id(text)?;
    let (found, items) = view::items(app, &me.actor, id, after.max(0), LIMIT).await?;
    let first = match after {
        0 => items.first().map(|view| view.item.name.clone()),
        _ => view::items(app, &me.actor, id, 0, 1).await?.1.pop().map(|view| view.item.name),
    };
    let details = view::details(app, &me.actor, id).await?;
    let row = &found.row;
    let is_waiting = row.state == SigningState::PendingApproval;
    Ok(SigningRequestPage {
        frame: me.frame(app, Section::Signing),
        id: row.id.to_string(),
        state: row.state.as_str().to_owned(),
        profile: row.profile.clone(),
        profile_version: found.profile.hash().to_string(),
        environment: environment(&row.environment),
        format: row.format.to_string(),
        reason: row.reason.clone(),
        requester: subject(&row.subject),
        created_at: row.created_at.seconds(),
        expires_at: is_waiting.then(|| row.expires_at.seconds()),
        ended_at: row.ended_at.map(|at| at.seconds()),
        outcome: row.outcome.clone(),
        failure: failure(&found),
        glass: glass(&found, &details),
        digest_set: row.set().to_string(),
        provenance: provenance::of(row),
        comparison: difference::of(app, &found, &details).await?,
        stages: stages(&found, &details),
        permitted_by: permitted_by(&details),
        history: details.events.iter().map(event).collect(),
        signer: signer(&details),
        items: page_of_items(&found, items, first.unwrap_or_default(), after),
        refusals: refusals(found.may),
        was_stale: false,
        comment: None,
        glass_form: None,
    })
}

fn page_of_items(found: &SigningView, items: Vec<ItemView>, first: String, after: i64) -> ItemsView {
    ItemsView {
        total: unsigned(found.row.items),
        signed: unsigned(found.signed),
        first,
        rows: items.into_iter().map(item).collect(),
        after: unsigned(after),
        page: unsigned(LIMIT),
    }
}

fn item(view: ItemView) -> ItemRow {
    let ItemView { item, signature } = view;
    ItemRow {
        number: unsigned(item.n),
        name: item.name,
        algorithm: item.algorithm.to_string(),
        digest: hexadecimal(&item.digest),
        size: item.size.map(unsigned),
        state: if signature.is_some() { "signed" } else { "pending" }.to_owned(),
        withdrawn: signature.as_ref().is_some_and(|line| line.withdrawn_at.is_some()),
        timestamp: signature.and_then(|line| line.record.timestamp_serial),
    }
}

/// What is, or was, in the way of signing it.
fn failure(found: &SigningView) -> Option<FailureView> {
    let row = &found.row;
    let concerns_signing = matches!(row.state, SigningState::Approved | SigningState::Signing | SigningState::Failed);
    let detail = row.outcome.clone().filter(|_| concerns_signing)?;
    Some(FailureView { detail, retryable: row.retryable })
}

/// Who let it through alone, and why.
fn glass(found: &SigningView, details: &SigningDetails) -> Option<String> {
    let officer = found.row.glass_broken_by.as_ref()?;
    let event = details.events.iter().find(|event| event.kind == SigningEventKind::GlassBroken);
    Some(format!("{officer}: {}", event.map(|event| event.detail.as_str()).unwrap_or_default()))
}

fn stages(found: &SigningView, details: &SigningDetails) -> Vec<StageView> {
    let stage = |(place, stage): (usize, &ca_core::signing::CountedStage)| {
        let here = |vote: &&view::StoredSigningVote| usize::try_from(vote.stage).is_ok_and(|of| of == place);
        let vote = |vote: &view::StoredSigningVote| VoteView {
            name: vote.voter.clone(),
            at: vote.created_at.seconds(),
            comment: comment_of(details, &vote.voter),
            void: (!stage.approvers.contains(&vote.voter)).then(|| "this person may no longer approve it".to_owned()),
        };
        StageView {
            group: stage.group.clone(),
            need: stage.required,
            votes: details.votes.iter().filter(here).map(vote).collect(),
        }
    };
    found.tally.stages().iter().enumerate().map(stage).collect()
}

/// What somebody wrote with their vote.
fn comment_of(details: &SigningDetails, voter: &str) -> String {
    let theirs =
        |event: &&view::SigningHistory| event.kind == SigningEventKind::Approved && person(&event.actor) == voter;
    let theirs = details.events.iter().rfind(theirs);
    theirs.map(|event| event.detail.clone()).unwrap_or_default()
}

fn permitted_by(details: &SigningDetails) -> String {
    let submitted = details.events.iter().find(|event| event.kind == SigningEventKind::Submitted);
    submitted.map(|event| event.policies.clone()).unwrap_or_default()
}

fn event(found: &view::SigningHistory) -> SigningEvent {
    SigningEvent {
        at: found.created_at.seconds(),
        kind: found.kind.as_str().to_owned(),
        actor: person(&found.actor),
        detail: found.detail.clone(),
        policies: found.policies.clone(),
    }
}

fn signer(details: &SigningDetails) -> Option<SignerView> {
    let record = details.certificate.as_ref()?;
    Some(SignerView {
        id: record.id.to_string(),
        serial: record.serial.to_string(),
        not_after: record.not_after.seconds(),
        revoked_at: record.revoked_at.map(|at| at.seconds()),
    })
}

fn refusals(may: SigningMay) -> SigningRefusals {
    SigningRefusals {
        approve: may.approve.err(),
        reject: may.reject.err(),
        cancel: may.cancel.err(),
        break_glass: may.break_glass.err(),
    }
}
