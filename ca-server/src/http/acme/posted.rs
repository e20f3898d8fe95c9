//! The body of an ACME POST before anything in it is believed: media type, size and the URL it came to.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use ca_core::acme::{Problem, ProblemType};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::answer::Refusal;
use super::endpoint_of;
use crate::app::App;
use crate::config::AcmeSettings;
use crate::http::request_id::RequestId;

/// Largest body: an order of 100 names or a CSR with an RSA-4096 key needs less than a tenth.
const LARGEST_BODY: usize = 128 * 1024;

/// What came, and where it came to.
pub(super) struct Posted {
    pub(super) app: Arc<App>,
    pub(super) endpoint: String,
    /// The URL as the client must have signed it.
    pub(super) url: String,
    /// The last variable segment of the path, for instance the id of an order.
    pub(super) body: Bytes,
    pub(super) origin: String,
    pub(super) request_id: String,
}

impl Posted {
    /// The endpoint's settings. The extractor found them, so they exist.
    pub(super) fn settings(&self) -> Result<&AcmeSettings, Refusal> {
        self.app.endpoint(&self.endpoint).ok_or_else(|| Refusal(Problem::not_found("ACME endpoint")))
    }
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let endpoint = endpoint_of(app, request.uri().path())
            .ok_or_else(|| Refusal(Problem::not_found("ACME endpoint")))?
            .name
            .clone();
        require_jose(request.headers())?;
        let url = app.settings.server.public_url.join(request.uri().path());
        let origin = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(address)| address.ip().to_canonical().to_string())
            .unwrap_or_default();
        let request_id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        let body = read(request.into_body()).await?;
        Ok(Self { app: Arc::clone(app), endpoint, url, body, origin, request_id })
    }
}

// RFC 8555 §6.2: any other media type is answered with 415.
fn require_jose(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given.split(';').next().is_some_and(|media| media.trim().eq_ignore_ascii_case("application/jose+json")) {
        return Ok(());
    }
    let rule = "the Content-Type of an ACME request is application/jose+json (RFC 8555 §6.2)";
    Err(Refusal(Problem::malformed(rule).with_status(415)))
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let rule = format!("a request body has at most {LARGEST_BODY} bytes");
            Err(Refusal(Problem::malformed(rule).with_status(413)))
        }
        Err(_) => Err(Refusal(Problem::new(ProblemType::Malformed, "the request body did not arrive"))),
    }
}
