//! Who calls the API: a machine with a token, or a page of a signed-in operator.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use ca_core::policy::Actor;

use super::answer::{ApiError, ApiResult};
use super::kind::Kind;
use crate::app::App;
use crate::http::listener::ClientCertificate;
use crate::http::{cookie, visitor};
use crate::ops::acme::Origin;
use crate::ops::operator::{session, token};
use crate::ops::signing::identity;

/// Whoever calls. A handler that takes this answers 401 to everybody else, and 403 to a job of a CI or a machine that nothing
/// here is meant for.
#[derive(Clone, Debug)]
pub(in crate::http) struct Caller {
    /// Who acts, as the policies see it.
    pub(in crate::http) actor: Actor,
    /// Where from, for the audit.
    pub(in crate::http) origin: Origin,
    /// Whether a person proved who they are a short while ago. A token always counts: it is its own proof.
    proved: bool,
}

impl Caller {
    /// Refuses what a page asks for the password again for, unless that was a short while ago.
    pub(in crate::http) fn require_recent_proof(&self) -> ApiResult<()> {
        if self.proved {
            return Ok(());
        }
        let detail = "a signed-in browser does this within ten minutes of proving who sits there: go to /step-up first";
        Err(ApiError::new(Kind::Denied, detail).with_rule("step-up"))
    }
}

/// Whoever calls, for what a page asks for the password again for: a signed-in browser that did not prove who sits there
/// within ten minutes is sent to `/step-up`. A test compares the routes that take this with the pages that ask.
#[derive(Clone, Debug)]
pub(in crate::http) struct ProvedCaller(pub(in crate::http) Caller);

impl FromRequestParts<Arc<App>> for ProvedCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> ApiResult<Self> {
        let caller = Caller::from_request_parts(parts, app).await?;
        caller.require_recent_proof()?;
        Ok(Self(caller))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> ApiResult<Self> {
        let Asker(caller) = Asker::from_request_parts(parts, app).await?;
        identity::require_expected(app, &caller.actor).await?;
        Ok(caller)
    }
}

/// Whoever asks for signatures. Only here is a job let in that no trust rule fits: it is told what each of them misses.
#[derive(Clone, Debug)]
pub(in crate::http) struct Asker(pub(in crate::http) Caller);

impl FromRequestParts<Arc<App>> for Asker {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> ApiResult<Self> {
        let found = match bearer(parts) {
            Some(token) => of_token(app, token).await?.map(|actor| (actor, true)),
            None => match by_session(parts, app).await? {
                None => by_certificate(parts, app).await?.map(|actor| (actor, true)),
                found => found,
            },
        };
        let (actor, proved) = found.ok_or_else(unauthenticated)?;
        Ok(Self(Caller { actor, origin: visitor::origin(parts), proved }))
    }
}

/// An API token, the token of a CI's job that is expected here, or that of one request for signatures.
pub(in crate::http) async fn by_token(app: &App, text: &str) -> ApiResult<Option<Actor>> {
    let found = of_token(app, text).await?;
    if let Some(actor) = &found {
        identity::require_expected(app, actor).await?;
    }
    Ok(found)
}

async fn of_token(app: &App, text: &str) -> ApiResult<Option<Actor>> {
    match token::authenticate(app, text).await? {
        None => Ok(identity::by_token(app, text).await?),
        found => Ok(found),
    }
}

/// A machine whose client certificate a signing profile trusts, at the listener that asks for one.
async fn by_certificate(parts: &Parts, app: &App) -> ApiResult<Option<Actor>> {
    let shown = parts.extensions.get::<ClientCertificate>().and_then(|shown| shown.0.first());
    match shown {
        Some(der) => Ok(identity::by_certificate(app, der).await?),
        None => Ok(None),
    }
}

/// RFC 6750 §2.1.
fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = visitor::text(&parts.headers, header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A page's script: what changes something must show the session's token, which no other site can.
async fn by_session(parts: &Parts, app: &App) -> ApiResult<Option<(Actor, bool)>> {
    let Some(sent) = cookie::session(&parts.headers) else { return Ok(None) };
    let found = session::authenticate(app, sent).await?;
    let Some(session) = found.filter(|session| !session.operator.must_change_password) else { return Ok(None) };
    let csrf = visitor::text(&parts.headers, "x-csrf-token").unwrap_or_default();
    if !parts.method.is_safe() && (visitor::is_foreign(app, parts) || !session.is_csrf(csrf)) {
        let detail = "a request of a signed-in page carries the token of its session in X-CSRF-Token";
        return Err(ApiError::new(Kind::Denied, detail).with_rule("csrf"));
    }
    Ok(Some((session.actor(), session.is_recently_proved(app.clock.now()))))
}

fn unauthenticated() -> ApiError {
    ApiError::unauthenticated("send an API token that is in force as `Authorization: Bearer sgt_...`, or sign in")
}
