//! The operator behind a request for a page, and the frame of the pages they see.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use ca_core::policy::Actor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use web_ui::frame::{Frame, OperatorBadge, Section};

use super::failure::Failure;
use crate::app::App;
use crate::http::{cookie, visitor};
use crate::ops::acme::Origin;
use crate::ops::operator::{OperatorFacts, Session, session};

/// A signed-in operator. A handler that takes this is for operators only: others are sent to sign in first.
#[derive(Clone, Debug)]
pub(in crate::http) struct SignedIn {
    /// Who acts, as the policies see it.
    pub(in crate::http) actor: Actor,
    /// Where from, for the audit.
    pub(in crate::http) origin: Origin,
    /// The operator.
    pub(in crate::http) operator: OperatorFacts,
    /// Their session.
    pub(in crate::http) session: Session,
    /// Path and query of the page, to come back to.
    here: String,
    is_swap: bool,
}

/// Where whoever still has a one-time password may go.
const BEFORE_PASSWORD: [&str; 2] = ["/account/password", "/sign-out"];

impl SignedIn {
    /// The frame of a page for this operator.
    pub(in crate::http) fn frame(&self, app: &App, section: Section) -> Frame {
        let badge = OperatorBadge { name: self.operator.name.clone(), roles: self.operator.roles.clone() };
        Frame { operator: Some(badge), csrf: self.session.csrf(), ..public_frame(app, section) }
    }

    /// Refuses to go on unless the operator proved who they are in the last ten minutes: before anything dangerous.
    ///
    /// # Errors
    /// The way to `/step-up` and, for a page, back here.
    #[expect(clippy::result_large_err, reason = "what a handler answers with, once a request")]
    pub(in crate::http) fn recently_proved(&self, app: &App) -> Result<(), Response> {
        if self.session.is_recently_proved(app.clock.now()) {
            return Ok(());
        }
        Err(go(self.is_swap, &format!("/step-up?next={}", encoded(&self.here))))
    }
}

/// The frame of a page that needs no sign-in.
pub(in crate::http) fn public_frame(app: &App, section: Section) -> Frame {
    let frame = Frame::public(app.installation_name.clone(), app.clock.now().seconds());
    Frame { section, environment: app.settings.server.environment.as_deref().map(super::environment::of), ..frame }
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let found = <Self as OptionalFromRequestParts<Arc<App>>>::from_request_parts(parts, app).await?;
        found.ok_or_else(|| sign_in_first(parts))
    }
}

impl OptionalFromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Response> {
        let is_led_on = !BEFORE_PASSWORD.contains(&parts.uri.path());
        match find(parts, app).await? {
            Some(found) if found.operator.must_change_password && is_led_on => {
                Err(go(found.is_swap, BEFORE_PASSWORD[0]))
            }
            found => Ok(found),
        }
    }
}

async fn find(parts: &Parts, app: &App) -> Result<Option<SignedIn>, Response> {
    let Some(sent) = cookie::session(&parts.headers) else { return Ok(None) };
    let session = session::authenticate(app, sent).await.map_err(|error| Failure::from(error).into_response())?;
    Ok(session.map(|session| SignedIn {
        actor: session.actor(),
        origin: visitor::origin(parts),
        operator: session.operator.clone(),
        here: here(parts),
        is_swap: is_swap(parts),
        session,
    }))
}

/// What to come back to: the page itself, or for a form the page that it was on.
fn here(parts: &Parts) -> String {
    let asked = || parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    if parts.method == Method::GET {
        return asked();
    }
    let page = visitor::text(&parts.headers, header::REFERER).and_then(|url| url.parse::<url::Url>().ok());
    page.map_or_else(asked, |url| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

/// Whether htmx asks, and will put the answer into a page that is open.
fn is_swap(parts: &Parts) -> bool {
    parts.headers.contains_key("hx-request")
}

fn sign_in_first(parts: &Parts) -> Response {
    let place = format!("/sign-in?next={}", encoded(&here(parts)));
    if is_swap(parts) || parts.method == Method::GET {
        return go(is_swap(parts), &place);
    }
    Failure::signed_out().into_response()
}

/// Sends the browser elsewhere: the whole page, also when htmx asked for a part of it.
pub(super) fn go(is_swap: bool, place: &str) -> Response {
    match HeaderValue::try_from(place) {
        Ok(place) if is_swap => (StatusCode::UNAUTHORIZED, [("hx-redirect", place)]).into_response(),
        _ => Redirect::to(place).into_response(),
    }
}

const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

/// Longest address to come back to.
const LONGEST_NEXT: usize = 2000;

/// A place on this server, whatever was asked for: a link to sign-in must not lead elsewhere afterwards.
pub(super) fn next(asked: Option<&str>) -> &str {
    let here = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= LONGEST_NEXT
            && path.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'\\')
    };
    asked.filter(here).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leads_elsewhere() {
        assert_eq!(next(Some("/certificates?q=a%20b")), "/certificates?q=a%20b");
        for bad in ["", "//evil.example", "/\\evil.example", "https://evil.example", "evil", "/a\nb", "/a b", "/ä"] {
            assert_eq!(next(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(next(Some(&format!("/{}", "a".repeat(3000)))), "/");
        assert_eq!(next(None), "/");
        assert_eq!(encoded("/a?b=c&d"), "/a%3Fb%3Dc%26d");
    }
}
