//! `/sign-in`, `/sign-in/code`, `/sign-out` and `/step-up`.

mod certificate;
mod oidc;
mod ways;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use ca_core::time::UnixTime;
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::sign_in::{CodePage, SignInPage, StepUpPage};

use super::failure::Failure;
use super::form::{PublicForm, Secret, SignedForm};
use super::page::{page, page_with};
use super::signed_in::{SignedIn, encoded, next, public_frame};
use crate::app::App;
use crate::http::listener::ClientCertificate;
use crate::http::{cookie, visitor};
use crate::ops::operator::certificate::ShownChain;
use crate::ops::operator::secret_token::SecretToken;
use crate::ops::operator::session::{self, Ended, Session, Visitor};
use crate::ops::operator::sign_in::{self, Again, Outcome};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .merge(certificate::router())
        .merge(oidc::router())
        .route("/sign-in", get(door).post(sign_in))
        .route("/sign-in/code", get(ask_code).post(code))
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
    shown: Shown,
    Query(asked): Query<Next>,
) -> Result<Response, Failure> {
    let next = next(asked.next.as_deref());
    if signed_in.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    page(sign_in_page(&app, &shown, next, String::new(), None).render())
}

fn sign_in_page(app: &App, shown: &Shown, next: &str, name: String, problem: Option<&str>) -> SignInPage {
    SignInPage {
        frame: public_frame(app, Section::Elsewhere),
        next: next.to_owned(),
        name,
        ways: ways::in_by(app, shown, next),
        problem: problem.map(str::to_owned),
    }
}

#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: Secret,
    next: Option<String>,
}

/// What is said whatever was wrong: the name, the password, or the operator's state.
const REFUSED: &str = "This name and password do not let anybody in.";

async fn sign_in(
    State(app): State<Arc<App>>,
    AtTheDoor(visitor): AtTheDoor,
    shown: Shown,
    PublicForm(form): PublicForm<Credentials>,
) -> Result<Response, Failure> {
    let next = next(form.next.as_deref());
    match sign_in::with_password(&app, &visitor, &form.name, form.password.0).await? {
        Outcome::SignedIn(token) => Ok(with_session(&token, Redirect::to(next).into_response())),
        Outcome::SecondFactor(token) => {
            let place = format!("/sign-in/code?next={}", encoded(next));
            Ok(with_session(&token, Redirect::to(&place).into_response()))
        }
        Outcome::Refused => {
            page_with(StatusCode::UNAUTHORIZED, sign_in_page(&app, &shown, next, form.name, Some(REFUSED)).render())
        }
        Outcome::Locked(until) => {
            let problem = later(&app, until);
            page_with(
                StatusCode::TOO_MANY_REQUESTS,
                sign_in_page(&app, &shown, next, form.name, Some(&problem)).render(),
            )
        }
    }
}

/// Said of every name alike, whether or not there is one.
fn later(app: &App, until: UnixTime) -> String {
    let seconds = until.since(app.clock.now()).as_secs().max(1);
    let wait = if seconds < 120 { format!("{seconds} seconds") } else { format!("{} minutes", seconds.div_ceil(60)) };
    format!("Too many attempts have failed. Wait {wait}, then try again.")
}

/// A sign-in of which the password was right.
struct HalfWay(Session);

impl FromRequestParts<Arc<App>> for HalfWay {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let sent = cookie::session(&parts.headers).unwrap_or_default();
        let half = session::awaiting_second_factor(app, sent).await;
        let half = half.map_err(|error| Failure::from(error).into_response())?;
        half.map(Self).ok_or_else(|| Redirect::to("/sign-in").into_response())
    }
}

async fn ask_code(
    State(app): State<Arc<App>>,
    HalfWay(_): HalfWay,
    Query(asked): Query<Next>,
) -> Result<Response, Failure> {
    page(code_page(&app, next(asked.next.as_deref()), None).render())
}

fn code_page(app: &App, next: &str, problem: Option<String>) -> CodePage {
    CodePage { frame: public_frame(app, Section::Elsewhere), next: next.to_owned(), problem }
}

#[derive(Deserialize)]
struct Code {
    code: Secret,
    next: Option<String>,
}

async fn code(
    State(app): State<Arc<App>>,
    AtTheDoor(visitor): AtTheDoor,
    HalfWay(half): HalfWay,
    PublicForm(form): PublicForm<Code>,
) -> Result<Response, Failure> {
    let next = next(form.next.as_deref());
    let (status, problem) = match sign_in::with_code(&app, &visitor, &half, &form.code.0).await? {
        Outcome::SignedIn(token) => return Ok(with_session(&token, Redirect::to(next).into_response())),
        Outcome::Locked(until) => (StatusCode::TOO_MANY_REQUESTS, later(&app, until)),
        Outcome::SecondFactor(_) | Outcome::Refused => (StatusCode::UNAUTHORIZED, WRONG_CODE.to_owned()),
    };
    page_with(status, code_page(&app, next, Some(problem)).render())
}

const WRONG_CODE: &str = "That code is wrong, too old, or was used before. A new one comes every half minute.";

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

async fn ask_again(
    State(app): State<Arc<App>>,
    me: SignedIn,
    shown: Shown,
    Query(asked): Query<Next>,
) -> Result<Response, Failure> {
    page(step_up_page(&app, &me, &shown, next(asked.next.as_deref()), None).render())
}

fn step_up_page(app: &App, me: &SignedIn, shown: &Shown, next: &str, problem: Option<String>) -> StepUpPage {
    StepUpPage {
        frame: me.frame(app, Section::Elsewhere),
        next: next.to_owned(),
        asks_password: me.operator.has_password,
        asks_code: me.operator.has_second_factor,
        ways: ways::again_by(app, me, shown, next),
        problem,
    }
}

#[derive(Deserialize)]
struct PasswordAgain {
    password: Secret,
    #[serde(default)]
    code: Secret,
    next: Option<String>,
}

async fn step_up(
    State(app): State<Arc<App>>,
    AtTheDoor(visitor): AtTheDoor,
    shown: Shown,
    SignedForm(me, form): SignedForm<PasswordAgain>,
) -> Result<Response, Failure> {
    let next = next(form.next.as_deref());
    let (status, problem) =
        match sign_in::prove_again(&app, &me.session, &visitor, form.password.0, &form.code.0).await? {
            Again::Right(token) => return Ok(with_session(&token, Redirect::to(next).into_response())),
            Again::Wrong => (StatusCode::UNAUTHORIZED, "That is not right, so nothing has changed.".to_owned()),
            Again::Locked(until) => (StatusCode::TOO_MANY_REQUESTS, later(&app, until)),
        };
    page_with(status, step_up_page(&app, &me, &shown, next, Some(problem)).render())
}

/// The client certificate of the connection; nothing at a listener that asks for none.
pub(super) struct Shown(Option<ClientCertificate>);

impl Shown {
    /// The certificate with those above it, if this listener asks and the browser had one.
    fn certificate(&self) -> Option<ShownChain<'_>> {
        let (end_entity, above) = self.0.as_ref()?.0.split_first()?;
        Some(ShownChain { end_entity, above })
    }

    /// Whether this listener asks.
    fn is_asked_for(&self) -> bool {
        self.0.is_some()
    }
}

impl FromRequestParts<Arc<App>> for Shown {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get().cloned()))
    }
}

/// Who stands at the door.
pub(super) struct AtTheDoor(pub(super) Visitor);

impl FromRequestParts<Arc<App>> for AtTheDoor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Self::Rejection> {
        Ok(Self(visitor::visitor(parts)))
    }
}
