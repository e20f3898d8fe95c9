//! `/requests/{id}`: one request, and what people do with it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use ca_core::duration;
use ca_core::issuance_request::{Difference, RequestDigest, RequestedKey};
use ca_core::x509::pem;
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::requests::{Approver, HistoryEvent, Refusals, RequestPage, SharedPage, Wanted};

use super::id;
use super::inbox::person;
use super::preview::hexadecimal;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page as answer, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::request::view::{self, May, RequestView};
use crate::ops::request::vote::Approval;
use crate::ops::request::{cancel as cancel_op, comment, fetch, vote};

pub(super) async fn page(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let found = view::view(&app, &me.actor, id(&text)?).await?;
    answer(shown(&app, &me, found).render())
}

#[derive(Deserialize)]
pub(super) struct Decision {
    decision: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    comment: String,
}

/// Approving, rejecting or only saying something: the button tells.
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    SignedForm(me, sent): SignedForm<Decision>,
) -> Result<Response, Failure> {
    let (actor, origin) = (&me.actor, &me.origin);
    match sent.decision.as_str() {
        "approve" => {
            if let Err(elsewhere) = me.recently_proved(&app) {
                return Ok(elsewhere);
            }
            let seen = RequestDigest::parse(&sent.digest).ok_or_else(no_digest)?;
            match vote::approve(&app, actor, origin, id(&text)?, seen, &sent.comment).await? {
                Approval::Counted | Approval::CountedBefore => {}
                Approval::Stale(difference) => return stale(&app, &me, &text, &difference).await,
            }
        }
        "reject" => vote::reject(&app, actor, origin, id(&text)?, &sent.comment).await?,
        "comment" => comment::comment(&app, actor, origin, id(&text)?, &sent.comment).await?,
        _ => return Err(no_digest()),
    }
    Ok(Redirect::to(&format!("/requests/{text}")).into_response())
}

fn no_digest() -> Failure {
    let rule = "It does not say what is decided, or about which version of the request. Nothing was done.";
    Failure::refused(StatusCode::UNPROCESSABLE_ENTITY, "The form cannot be read", rule)
        .with_next_step("Open the request again and decide there.")
}

/// The page again, with what changed since the voter looked.
async fn stale(app: &App, me: &SignedIn, text: &str, difference: &Difference) -> Result<Response, Failure> {
    let mut view = shown(app, me, view::view(app, &me.actor, id(text)?).await?);
    view.was_stale = true;
    view.changes = difference.changes().iter().map(ToString::to_string).collect();
    page_with(StatusCode::CONFLICT, view.render())
}

#[derive(Default, Deserialize)]
pub(super) struct Reason {
    #[serde(default)]
    reason: String,
}

pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    SignedForm(me, sent): SignedForm<Reason>,
) -> Result<Response, Failure> {
    cancel_op::cancel(&app, &me.actor, &me.origin, id(&text)?, &sent.reason).await?;
    Ok(Redirect::to(&format!("/requests/{text}")).into_response())
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn share(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    let shared = fetch::share(&app, &me.actor, &me.origin, id(&text)?).await?;
    let found = view::view(&app, &me.actor, id(&text)?).await?;
    let view = SharedPage {
        frame: me.frame(&app, Section::Requests),
        title: title(&found),
        id: text,
        url: shared.url,
        code: shared.code.to_string(),
        expires_at: shared.expires_at.seconds(),
    };
    answer(view.render())
}

pub(super) async fn certificate(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let chain = view::chain(&app, &me.actor, id(&text)?).await?;
    Ok(pem_file(chain, &format!("certificate-{text}.pem")))
}

/// RFC 8555 §9.1 gives chains in PEM their media type.
pub(super) fn pem_file(chain: String, name: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/pem-certificate-chain".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, chain).into_response()
}

/// The first name, or the subject.
pub(super) fn title(found: &RequestView) -> String {
    let first = found.row.asked.names.first().map(|name| name.value.clone());
    first.unwrap_or_else(|| found.row.asked.subject.clone())
}

fn shown(app: &App, me: &SignedIn, found: RequestView) -> RequestPage {
    let changes = found.difference.as_ref().map(|found| found.changes().to_vec()).unwrap_or_default();
    RequestPage {
        frame: me.frame(app, Section::Requests),
        id: found.row.id.to_string(),
        state: found.row.state.to_string(),
        outcome: found.row.outcome.clone(),
        requester: person(&found.row.requester),
        created_at: found.row.created_at.seconds(),
        expires_at: found.row.state.is_open().then(|| found.row.expires_at.seconds()),
        wanted: wanted(&found),
        digest: found.content.digest().to_string(),
        changes: changes.iter().map(ToString::to_string).collect(),
        profile_lines: found.profile_lines.clone(),
        was_stale: false,
        findings: found.findings.iter().map(ToString::to_string).collect(),
        obstacle: found.obstacle.clone(),
        permitted_by: permitted_by(&found),
        approvals_required: found.tally.required(),
        approvers: approvers(&found),
        history: history(&found),
        certificate: found.certificate.as_ref().map(|row| (row.id.to_string(), row.serial.to_string())),
        not_after: found.certificate.as_ref().map(|row| row.not_after.seconds()),
        refusals: refusals(found.may),
        key_waits: found.key_waits,
        comment: None,
    }
}

fn wanted(found: &RequestView) -> Wanted {
    let (terms, asked) = (found.content.terms(), &found.row.asked);
    let csr_pem = match &terms.key {
        RequestedKey::Csr(der) => Some(pem::encode("CERTIFICATE REQUEST", der)),
        RequestedKey::Generated(_) => None,
    };
    let subject = found.csr.as_ref().map(|csr| csr.subject().to_string()).filter(|text| !text.is_empty());
    let extension = |found: &ca_core::issuance_request::RequestedExtension| {
        format!("{}{}", found.name(), if found.critical { ", critical" } else { "" })
    };
    Wanted {
        names: terms.names.iter().map(ToString::to_string).collect(),
        subject: terms.subject.to_string(),
        key_algorithm: asked.key_algorithm.clone(),
        key_sha256: hexadecimal(&asked.spki_sha256),
        generated: csr_pem.is_none(),
        csr_subject: subject,
        csr_pem,
        profile: terms.profile.clone(),
        profile_version: terms.profile_hash.to_string(),
        authority: found.authority.clone(),
        validity: duration::format(terms.validity),
        extensions: terms.extensions.iter().map(extension).collect(),
        owner: asked.owner.clone(),
        notify: asked.notify.clone(),
    }
}

/// The policies that permitted what is asked for now.
fn permitted_by(found: &RequestView) -> String {
    let asks = |kind: &str| matches!(kind, "submitted" | "changed");
    let last = found.events.iter().rev().find(|event| asks(event.kind.as_str()));
    last.map(|event| event.policies.clone()).unwrap_or_default()
}

fn approvers(found: &RequestView) -> Vec<Approver> {
    let void = |vote: &ca_core::issuance_request::Vote| {
        found.tally.void().iter().find(|(void, _)| void == vote).map(|(_, why)| why.reason().to_owned())
    };
    let approver = |vote: &crate::ops::request::view::StoredVote| Approver {
        name: vote.voter.clone(),
        at: vote.created_at.seconds(),
        void: void(&vote.vote()),
    };
    found.votes.iter().map(approver).collect()
}

fn history(found: &RequestView) -> Vec<HistoryEvent> {
    let events = found.events.iter().map(|event| HistoryEvent {
        at: event.created_at.seconds(),
        kind: event.kind.as_str().to_owned(),
        actor: person(&event.actor),
        detail: event.detail.clone(),
        policies: event.policies.clone(),
    });
    events.collect()
}

fn refusals(may: May) -> Refusals {
    Refusals {
        approve: may.approve.err(),
        reject: may.reject.err(),
        cancel: may.cancel.err(),
        change: may.change.err(),
        comment: may.comment.err(),
        share: may.share.err(),
        deliver: may.deliver.err(),
    }
}
