//! `/sign-in/oidc/{provider}` and `/step-up/oidc/{provider}`: to an identity provider and back.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{AtTheDoor, Next, with_session};
use crate::app::App;
use crate::http::cookie::{self, KeptAttempt};
use crate::http::ui::failure::Failure;
use crate::http::ui::signed_in::{SignedIn, next};
use crate::oidc::ProviderError;
use crate::ops::operator::oidc::{self, Answer, Attempt, Purpose, Refusal};
use crate::ops::operator::session::Visitor;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/sign-in/oidc/{provider}", get(sign_in))
        .route("/sign-in/oidc/{provider}/callback", get(callback))
        .route("/step-up/oidc/{provider}", get(step_up))
}

async fn sign_in(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(asked): Query<Next>,
) -> Result<Response, Failure> {
    leave(&app, &name, Purpose::SignIn, next(asked.next.as_deref())).await
}

async fn step_up(
    State(app): State<Arc<App>>,
    _: SignedIn,
    Path(name): Path<String>,
    Query(asked): Query<Next>,
) -> Result<Response, Failure> {
    leave(&app, &name, Purpose::StepUp, next(asked.next.as_deref())).await
}

async fn leave(app: &App, name: &str, purpose: Purpose, next: &str) -> Result<Response, Failure> {
    let provider = oidc::provider(app, name)?;
    let attempt = Attempt::begin(app, purpose);
    let place = oidc::authorization_url(provider, &attempt).await.map_err(|error| away(&error))?;
    let mut response = Redirect::to(&place).into_response();
    if let Some(cookie) = (KeptAttempt { attempt, next: next.to_owned() }).cookie() {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// What the provider sends the browser back with.
#[derive(Deserialize)]
struct Answered {
    #[serde(default)]
    state: String,
    code: Option<String>,
    #[serde(default)]
    error: String,
    iss: Option<String>,
}

impl Answered {
    fn answer(&self) -> Answer<'_> {
        Answer {
            state: &self.state,
            code: self.code.as_deref().ok_or(self.error.as_str()),
            issuer: self.iss.as_deref(),
        }
    }
}

/// The attempt that this browser began.
struct Kept(Option<KeptAttempt>);

impl FromRequestParts<Arc<App>> for Kept {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Self::Rejection> {
        Ok(Self(KeptAttempt::of(&parts.headers)))
    }
}

async fn callback(
    State(app): State<Arc<App>>,
    AtTheDoor(visitor): AtTheDoor,
    me: Option<SignedIn>,
    Kept(kept): Kept,
    Path(name): Path<String>,
    Query(answered): Query<Answered>,
) -> Result<Response, Failure> {
    let Some(kept) = kept else { return Err(refused(&Refusal::State)) };
    let arrived = match kept.attempt.purpose {
        Purpose::SignIn => arrive(&app, &visitor, &name, &kept, answered.answer()).await?,
        Purpose::StepUp => {
            let me = me.ok_or_else(Failure::signed_out)?;
            prove(&app, &me, &name, &kept, answered.answer()).await?
        }
    };
    Ok(match arrived {
        Ok(response) => forget(response),
        // The attempt is not over: the real answer may still come.
        Err(refusal @ Refusal::State) => refused(&refusal).into_response(),
        Err(refusal) => forget(refused(&refusal).into_response()),
    })
}

async fn arrive(
    app: &App,
    visitor: &Visitor,
    name: &str,
    kept: &KeptAttempt,
    answer: Answer<'_>,
) -> Result<Result<Response, Refusal>, Failure> {
    let token = oidc::sign_in(app, visitor, oidc::provider(app, name)?, &kept.attempt, answer).await?;
    Ok(token.map(|token| with_session(&token, Redirect::to(next(Some(&kept.next))).into_response())))
}

async fn prove(
    app: &App,
    me: &SignedIn,
    name: &str,
    kept: &KeptAttempt,
    answer: Answer<'_>,
) -> Result<Result<Response, Refusal>, Failure> {
    let proved = oidc::prove_again(app, &me.session, oidc::provider(app, name)?, &kept.attempt, answer).await?;
    Ok(proved.map(|token| with_session(&token, Redirect::to(next(Some(&kept.next))).into_response())))
}

/// An attempt is good for one answer.
fn forget(mut response: Response) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie::clear_attempt());
    response
}

fn refused(refusal: &Refusal) -> Failure {
    if let Refusal::Provider(error) = refusal {
        return away(error);
    }
    Failure::refused(StatusCode::FORBIDDEN, "This does not let you in", format!("The reason: {refusal}."))
        .with_next_step("Begin again on the sign-in page. If it stays so, a security officer can say why.")
}

/// Causes stay in the log.
fn away(error: &ProviderError) -> Failure {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    tracing::warn!(%error, causes = causes.join(": "), "an identity provider vouched for nobody");
    let (status, reason) = match error {
        _ if error.is_misconfiguration() => (StatusCode::BAD_GATEWAY, CANNOT_BE_ASKED.to_owned()),
        _ if error.is_transient() => (StatusCode::BAD_GATEWAY, format!("The reason: {error}.")),
        _ => (StatusCode::FORBIDDEN, format!("The reason: {error}.")),
    };
    Failure::refused(status, "The identity provider does not let you in", reason)
        .with_next_step("Begin again on the sign-in page. If it stays so, the log says more under the id below.")
}

const CANNOT_BE_ASKED: &str = "This server and the identity provider do not understand each other.";
