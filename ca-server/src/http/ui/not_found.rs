//! What stands in for a page that does not exist: a page for people, one line for programs.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use web_ui::error::ErrorPage;
use web_ui::frame::{Frame, Section};

use super::signed_in::{SignedIn, public_frame};
use crate::app::App;
use crate::http::request_id::RequestId;

pub(super) async fn not_found(
    State(app): State<Arc<App>>,
    signed_in: Option<SignedIn>,
    Extension(request_id): Extension<RequestId>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let frame = match signed_in {
        Some(signed_in) => signed_in.frame(&app, Section::Elsewhere),
        None => public_frame(&app, Section::Elsewhere),
    };
    if wants_page(&headers)
        && let Ok(html) = page(frame, &request_id, &uri).render()
    {
        return (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, web_ui::HTML), (header::CACHE_CONTROL, "no-store")],
            html,
        )
            .into_response();
    }
    (StatusCode::NOT_FOUND, "There is nothing at this address.\n").into_response()
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("text/html"))
}

fn page(frame: Frame, request_id: &RequestId, uri: &Uri) -> ErrorPage {
    ErrorPage {
        frame,
        status: StatusCode::NOT_FOUND.as_u16(),
        headline: "There is nothing at this address".to_owned(),
        explanation: format!("This server has no page {}.", uri.path()),
        rules: Vec::new(),
        next_step: None,
        request_id: Some(request_id.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_accepts_pages_gets_one() {
        let asks = |value: &'static str| {
            wants_page(&HeaderMap::from_iter([(header::ACCEPT, header::HeaderValue::from_static(value))]))
        };
        assert!(asks("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!asks("*/*"));
        assert!(!asks("application/json"));
        assert!(!wants_page(&HeaderMap::new()));
    }
}
