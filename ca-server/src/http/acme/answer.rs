//! Answers of the ACME endpoint: objects, and problems in place of them.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ca_core::acme::{Problem, problem};
use serde::Serialize;

use crate::ops::OpError;

/// A problem document (RFC 7807) as the answer.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

/// The operator's error goes to the log, the client's problem to the client.
impl From<OpError> for Refusal {
    fn from(error: OpError) -> Self {
        let problem = error.to_problem();
        if problem.status() >= 500 {
            tracing::error!(error = %error, "request failed");
        } else {
            tracing::info!(problem = %problem.kind().name(), detail = %error, "request refused");
        }
        Self(problem)
    }
}

/// Seconds after which a client should ask again when a part of the server is away.
const RETRY_WHEN_UNAVAILABLE: u64 = 5;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.0)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_WHEN_UNAVAILABLE));
        }
        response
    }
}

/// An object with the headers that ACME wants beside it.
pub(super) struct Answer<T> {
    status: StatusCode,
    body: T,
    headers: Vec<(HeaderName, String)>,
}

impl<T> Answer<T> {
    pub(super) fn new(status: StatusCode, body: T) -> Self {
        Self { status, body, headers: Vec::new() }
    }

    pub(super) fn ok(body: T) -> Self {
        Self::new(StatusCode::OK, body)
    }

    pub(super) fn location(self, url: String) -> Self {
        self.header(header::LOCATION, url)
    }

    // RFC 8555 §7.1: relations `up`, `index`, `alternate`.
    pub(super) fn link(self, url: &str, relation: &str) -> Self {
        self.header(header::LINK, format!("<{url}>;rel=\"{relation}\""))
    }

    // RFC 8555 §6.6, §7.4, §7.5.1: seconds until it makes sense to poll again.
    pub(super) fn retry_after(self, seconds: Option<u64>) -> Self {
        match seconds {
            Some(seconds) => self.header(header::RETRY_AFTER, seconds.to_string()),
            None => self,
        }
    }

    fn header(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn finish(headers: Vec<(HeaderName, String)>, mut response: Response) -> Response {
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        Self::finish(self.headers, (self.status, Json(self.body)).into_response())
    }
}

impl Answer<String> {
    /// `application/pem-certificate-chain` (RFC 8555 §9.1).
    pub(super) fn into_pem_response(self) -> Response {
        let media = [(header::CONTENT_TYPE, "application/pem-certificate-chain")];
        Self::finish(self.headers, (self.status, media, self.body).into_response())
    }
}
