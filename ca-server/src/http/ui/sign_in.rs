//! `/sign-in`, `/sign-out` and `/step-up`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::sign_in::{SignInPage, StepUpPage};
use zeroize::Zeroizing;

use super::failure::Failure;
use super::form::{PublicForm, SignedForm};
use super::page::{page, page_with};
use super::signed_in::{SignedIn, next, public_frame};
use crate::app::App;
use crate::http::{cookie, visitor};
use crate::ops::operator::secret_token::SecretToken;
use crate::ops::operator::session::{self, Ended, Visitor};
use crate::ops::operator::sign_in::{self, Outcome};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in", get(door).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/step-up", get(ask_again).post(step_up))
}

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
struct Next {
    next: Option<String>,
}

async fn door(
    State(app): State<Arc<App>>,
    signed_in: Option<SignedIn>,
    Query(asked): Query<Next>,
) -> Result<Response, Failure> {
    let next = next(asked.next.as_deref());
    if signed_in.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    page(sign_in_page(&app, next, String::new(), None).render())
}

fn sign_in_page(app: &App, next: &str, name: String, problem: Option<&str>) -> SignInPage {
    let frame = public_frame(app, Section::Elsewhere);
    SignInPage { frame, next: next.to_owned(), name, problem: problem.map(str::to_owned) }
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: Zeroizing<String>,
    next: Option<String>,
}

/// What is said whatever was wrong: the name, the password, or the operator's state.
const REFUSED: &str = "This name and password do not let anybody in.";

async fn sign_in(
    State(app): State<Arc<App>>,
    AtTheDoor(visitor): AtTheDoor,
    PublicForm(form): PublicForm<Credentials>,
) -> Result<Response, Failure> {
    let next = next(form.next.as_deref());
    match sign_in::with_password(&app, &visitor, &form.name, form.password).await? {
        Outcome::SignedIn(token) => Ok(with_session(&token, Redirect::to(next).into_response())),
        Outcome::Refused => {
            page_with(StatusCode::UNAUTHORIZED, sign_in_page(&app, next, form.name, Some(REFUSED)).render())
        }
    }
}

/// The answer with the cookie of a new session.
pub(super) fn with_session(token: &SecretToken, mut response: Response) -> Response {
    if let Some(cookie) = cookie::set(&token.reveal()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

#[derive(Deserialize)]
struct Nothing {}

async fn sign_out(
    State(app): State<Arc<App>>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    session::revoke(&app, &me.actor, &me.origin, me.operator.id, Ended::One(me.session.id)).await?;
    let mut response = Redirect::to("/sign-in").into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie::clear());
    Ok(response)
}

async fn ask_again(State(app): State<Arc<App>>, me: SignedIn, Query(asked): Query<Next>) -> Result<Response, Failure> {
    page(step_up_page(&app, &me, next(asked.next.as_deref()), None).render())
}

fn step_up_page(app: &App, me: &SignedIn, next: &str, problem: Option<&str>) -> StepUpPage {
    let frame = me.frame(app, Section::Elsewhere);
    StepUpPage { frame, next: next.to_owned(), problem: problem.map(str::to_owned) }
}

#[derive(Deserialize)]
struct Proof {
    password: Zeroizing<String>,
    next: Option<String>,
}

async fn step_up(State(app): State<Arc<App>>, SignedForm(me, proof): SignedForm<Proof>) -> Result<Response, Failure> {
    let next = next(proof.next.as_deref());
    if sign_in::prove_again(&app, &me.session, proof.password).await? {
        return Ok(Redirect::to(next).into_response());
    }
    let problem = Some("That is not your password.");
    page_with(StatusCode::UNAUTHORIZED, step_up_page(&app, &me, next, problem).render())
}

/// Who stands at the door.
pub(super) struct AtTheDoor(pub(super) Visitor);

impl FromRequestParts<Arc<App>> for AtTheDoor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Self::Rejection> {
        Ok(Self(visitor::visitor(parts)))
    }
}
