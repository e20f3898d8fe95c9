//! What a person sees when a use case did not do what was asked: which rule, which evidence, what next, and the request's
//! id. Causes inside the server stay in its log.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ca_core::policy::Denied;
use web_ui::error::{ErrorPage, Rule};
use web_ui::frame::Section;

use super::signed_in::{SignedIn, public_frame};
use crate::app::App;
use crate::http::request_id::RequestId;
use crate::ops::OpError;

/// A page that says why not. Handlers return `Result<_, Failure>`.
#[derive(Clone, Debug)]
pub(in crate::http) struct Failure {
    status: StatusCode,
    headline: String,
    explanation: String,
    rules: Vec<Rule>,
    next_step: Option<String>,
}

impl Failure {
    /// A refusal in words of its own.
    pub(in crate::http) fn refused(
        status: StatusCode,
        headline: impl Into<String>,
        explanation: impl Into<String>,
    ) -> Self {
        Self { status, headline: headline.into(), explanation: explanation.into(), rules: Vec::new(), next_step: None }
    }

    /// With what to do next.
    #[must_use]
    pub(in crate::http) fn with_next_step(self, next_step: impl Into<String>) -> Self {
        Self { next_step: Some(next_step.into()), ..self }
    }

    pub(super) fn unreadable(fault: &str) -> Self {
        Self::refused(StatusCode::UNPROCESSABLE_ENTITY, "The form cannot be read", format!("Its content: {fault}."))
            .with_next_step("Go back, reload the page and send it again.")
    }

    pub(super) fn forged() -> Self {
        let rule = "The form does not carry the token of your session: the page is older than your sign-in, or another \
                    site sent it. Nothing was done.";
        Self::refused(StatusCode::FORBIDDEN, "This form is not from your session", rule)
            .with_next_step("Open the page again and send the form from there.")
    }

    pub(super) fn foreign() -> Self {
        let rule = "The browser says that a page of another site sent this request. Nothing was done.";
        Self::refused(StatusCode::FORBIDDEN, "This request comes from elsewhere", rule)
            .with_next_step("Open this server's own page and do it there.")
    }

    pub(super) fn signed_out() -> Self {
        let rule =
            "Your session has ended: it ends after half an hour without use, and after twelve hours. Nothing was done.";
        Self::refused(StatusCode::UNAUTHORIZED, "You are signed out", rule)
            .with_next_step("Sign in again, then send the form once more.")
    }

    fn denied(denied: &Denied) -> Self {
        let deciding = denied.refusals().iter().flat_map(|refusal| refusal.forbidden_by());
        let mut rules: Vec<Rule> =
            deciding.map(|policy| Rule { id: policy.id.clone(), reason: policy.reason.clone() }).collect();
        rules.dedup_by(|a, b| a.id == b.id);
        let explanation = match rules.is_empty() {
            true => format!("{denied}: none of the policies in force gives you this."),
            false => format!("{denied}."),
        };
        let failure = Self::refused(StatusCode::FORBIDDEN, "You may not do this", explanation);
        Self { rules, ..failure.with_next_step("A security officer can say who may, and give roles.") }
    }
}

impl From<OpError> for Failure {
    fn from(error: OpError) -> Self {
        let problem = error.to_problem();
        let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match &error {
            OpError::Denied(denied) => {
                tracing::info!(detail = denied.operator_text(), "denied");
                Self::denied(denied)
            }
            OpError::NotFound(what) => Self::refused(StatusCode::NOT_FOUND, "There is no such thing", sentence(what)),
            _ if status.is_server_error() => {
                tracing::error!(%error, "request failed");
                let next = "Try again in a moment. If it stays so, the log says why under the id below.";
                let headline = if error.is_transient() { "Something is away" } else { "Something is broken here" };
                Self::refused(status, headline, sentence(problem.detail())).with_next_step(next)
            }
            _ => Self::refused(status, "That cannot be done", sentence(&error.to_string())),
        }
    }
}

impl From<web_ui::RenderError> for Failure {
    fn from(error: web_ui::RenderError) -> Self {
        tracing::error!(%error, "a page could not be rendered");
        Self::refused(StatusCode::INTERNAL_SERVER_ERROR, "Something is broken here", "The page could not be written.")
    }
}

/// Our texts begin small and end without a full stop, for logs and terminals.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// Who asked is known to [`render`] only, so the page is written there.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the page of a [`Failure`], in the frame of whoever asked.
pub(super) async fn render(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let asked = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let Some(failure) = response.extensions_mut().remove::<Failure>() else { return response };
    let cookies: HeaderMap =
        response.headers_mut().remove(header::SET_COOKIE).map(|kept| (header::SET_COOKIE, kept)).into_iter().collect();
    parts = asked;
    let signed_in =
        <Option<SignedIn> as axum::extract::FromRequestParts<_>>::from_request_parts(&mut parts, &app).await;
    let frame = match signed_in.ok().flatten() {
        Some(signed_in) => signed_in.frame(&app, Section::Elsewhere),
        None => public_frame(&app, Section::Elsewhere),
    };
    let page = ErrorPage {
        frame,
        status: failure.status.as_u16(),
        headline: failure.headline,
        explanation: failure.explanation,
        rules: failure.rules,
        next_step: failure.next_step,
        request_id: parts.extensions.get::<RequestId>().map(ToString::to_string),
    };
    let headers = [(header::CONTENT_TYPE, web_ui::HTML), (header::CACHE_CONTROL, "no-store")];
    match page.render() {
        Ok(html) => (failure.status, headers, cookies, html).into_response(),
        Err(_) => failure.status.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_sentences() {
        assert_eq!(sentence("there is no operator \"ann\""), "There is no operator \"ann\".");
        assert_eq!(sentence(""), ".");
        assert_eq!(sentence("why?"), "Why?");
    }
}
