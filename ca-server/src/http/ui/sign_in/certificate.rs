//! `/sign-in/certificate` and `/step-up/certificate`, at the listener that asks for client certificates.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;

use super::{AtTheDoor, Next, Shown, with_session};
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::{PublicForm, SignedForm};
use crate::http::ui::signed_in::next;
use crate::ops::operator::certificate::{self, Outcome};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new().route("/sign-in/certificate", post(sign_in)).route("/step-up/certificate", post(step_up))
}

fn none_shown() -> Failure {
    let rule = "This connection carries no client certificate below a root that this server trusts for it.";
    Failure::refused(StatusCode::FORBIDDEN, "No certificate was shown", rule)
        .with_next_step("Install the certificate in the browser, close all its windows, and choose it when it asks.")
}

async fn sign_in(
    State(app): State<Arc<App>>,
    AtTheDoor(visitor): AtTheDoor,
    shown: Shown,
    PublicForm(form): PublicForm<Next>,
) -> Result<Response, Failure> {
    let shown = shown.certificate().ok_or_else(none_shown)?;
    match certificate::sign_in(&app, &visitor, &shown).await? {
        Outcome::SignedIn(token) => Ok(with_session(&token, Redirect::to(next(form.next.as_deref())).into_response())),
        Outcome::Refused(refusal) => Err(Failure::refused(
            StatusCode::FORBIDDEN,
            "This certificate lets nobody in",
            format!("The reason: {refusal}."),
        )),
    }
}

async fn step_up(
    State(app): State<Arc<App>>,
    AtTheDoor(visitor): AtTheDoor,
    shown: Shown,
    SignedForm(me, form): SignedForm<Next>,
) -> Result<Response, Failure> {
    let shown = shown.certificate().ok_or_else(none_shown)?;
    if let Some(token) = certificate::prove_again(&app, &me.session, &visitor, &shown).await? {
        return Ok(with_session(&token, Redirect::to(next(form.next.as_deref())).into_response()));
    }
    let rule = "The certificate of this connection is not yours, or does not let you in any more.";
    Err(Failure::refused(StatusCode::FORBIDDEN, "That does not prove it", rule))
}
