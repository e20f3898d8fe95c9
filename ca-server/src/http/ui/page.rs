//! A rendered page as an answer.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use web_ui::RenderError;

use super::failure::Failure;

/// A page of the moment: no cache keeps it.
pub(in crate::http) fn page(html: Result<String, RenderError>) -> Result<Response, Failure> {
    page_with(StatusCode::OK, html)
}

/// A page that tells of a form which has to be filled in again.
pub(in crate::http) fn page_with(status: StatusCode, html: Result<String, RenderError>) -> Result<Response, Failure> {
    let headers = [(header::CONTENT_TYPE, web_ui::HTML), (header::CACHE_CONTROL, "no-store")];
    Ok((status, headers, html?).into_response())
}
