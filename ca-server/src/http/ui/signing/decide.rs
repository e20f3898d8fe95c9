//! What people do with a signing request: yes, no, giving it up, and letting it through alone.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use ca_core::signing::DigestSetHash;
use serde::Deserialize;

use super::{id, one};
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::{Nothing, SignedForm};
use crate::http::ui::page::page_with;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::signing::{SigningRequestId, cancel as cancel_op, view, vote};

#[derive(Deserialize)]
pub(super) struct Decision {
    decision: String,
    #[serde(default)]
    digest_set: String,
    #[serde(default)]
    comment: String,
}

/// Approving or rejecting: the button tells.
pub(super) async fn decide(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    SignedForm(me, sent): SignedForm<Decision>,
) -> Result<Response, Failure> {
    let request: SigningRequestId = id(&text)?;
    let done = match sent.decision.as_str() {
        "approve" => {
            if let Err(elsewhere) = me.recently_proved(&app) {
                return Ok(elsewhere);
            }
            if has_approved(&app, &me, request).await? {
                return Ok(back(&text));
            }
            let saw = saw(&sent.digest_set)?;
            (saw, vote::approve(&app, &me.actor, &me.origin, request, saw, &sent.comment).await)
        }
        "reject" => {
            let saw = saw(&sent.digest_set)?;
            (saw, vote::reject(&app, &me.actor, &me.origin, request, saw, &sent.comment).await)
        }
        _ => return Err(unreadable()),
    };
    match done {
        (_, Ok(())) => Ok(back(&text)),
        (saw, Err(error)) => refused(&app, &me, &text, saw, error).await,
    }
}

/// A second click is no error.
async fn has_approved(app: &App, me: &SignedIn, request: SigningRequestId) -> Result<bool, Failure> {
    let details = view::details(app, &me.actor, request).await?;
    Ok(details.votes.iter().any(|vote| vote.voter == me.operator.name))
}

/// The page again where what was decided about is something else; else the page of the refusal.
async fn refused(
    app: &App,
    me: &SignedIn,
    text: &str,
    saw: DigestSetHash,
    error: OpError,
) -> Result<Response, Failure> {
    if matches!(error, OpError::Conflict(_)) {
        let mut page = one::shown(app, me, text, 0).await?;
        if page.digest_set != saw.to_string() {
            page.was_stale = true;
            return page_with(StatusCode::CONFLICT, page.render());
        }
    }
    Err(error.into())
}

fn saw(text: &str) -> Result<DigestSetHash, Failure> {
    text.parse().map_err(|_| unreadable())
}

fn unreadable() -> Failure {
    let rule = "It does not say what is decided, or about which digests. Nothing was done.";
    Failure::refused(StatusCode::UNPROCESSABLE_ENTITY, "The form cannot be read", rule)
        .with_next_step("Open the request again and decide there.")
}

#[derive(Deserialize)]
pub(super) struct Glass {
    #[serde(default)]
    digest_set: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    confirmation: String,
}

/// One security officer alone, after typing the profile's name and saying why.
pub(super) async fn break_glass(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    SignedForm(me, sent): SignedForm<Glass>,
) -> Result<Response, Failure> {
    let request: SigningRequestId = id(&text)?;
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let mut page = one::shown(&app, &me, &text, 0).await?;
    let fault = match (sent.confirmation.trim() == page.profile, sent.reason.trim()) {
        _ if page.refusals.break_glass.is_some() => None,
        (false, _) => Some("What was typed is not the name of the profile."),
        (true, "") => Some("Say why it cannot wait: it stays on record."),
        (true, _) => None,
    };
    if let Some(fault) = fault {
        page.glass_form = Some((sent.reason, fault.to_owned()));
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, page.render());
    }
    let saw = saw(&sent.digest_set)?;
    match vote::break_glass(&app, &me.actor, &me.origin, request, saw, &sent.reason).await {
        Ok(()) => Ok(back(&text)),
        Err(error) => refused(&app, &me, &text, saw, error).await,
    }
}

pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    cancel_op::cancel(&app, &me.actor, &me.origin, id(&text)?).await?;
    Ok(back(&text))
}

fn back(text: &str) -> Response {
    Redirect::to(&format!("/signing/{text}")).into_response()
}
