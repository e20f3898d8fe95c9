//! Stories of timestamps, told over HTTP inside the test, with sources of time of the test's own.

mod clock;
mod requests;
mod signer;
mod time_server;

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use ca_core::hsm::DigestAlgorithm;
use ca_core::timestamp::{
    FailureInfo, MessageImprint, ResponseFault, TimeStampRequest, TimeStampResponse, TimeStampToken,
};
use ca_core::x509::{Certificate, pem};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::http::{public_router, status_router};
use crate::testing::{self, Installation};

/// What came back.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    octets: Vec<u8>,
}

impl Reply {
    /// The token in it.
    #[track_caller]
    fn token(&self) -> TimeStampToken {
        assert_eq!(self.status, StatusCode::OK, "{}", String::from_utf8_lossy(&self.octets));
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/timestamp-reply");
        TimeStampResponse::parse(&self.octets).unwrap()
    }

    /// The refusal in it.
    #[track_caller]
    fn refusal(&self) -> (FailureInfo, String) {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/timestamp-reply");
        match TimeStampResponse::parse(&self.octets) {
            Err(ResponseFault::Refused { status: 2, failure: Some(failure), text: Some(text) }) => (failure, text),
            other => panic!("no refusal: {other:?}"),
        }
    }
}

/// Sends octets as a client at 192.0.2.7 does.
async fn send(routes: Router, method: Method, path: &str, kind: &str, octets: &[u8]) -> Reply {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, kind)
        .body(Body::from(octets.to_vec()));
    let request = request.as_mut().unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 7], 40_000))));
    let request = std::mem::replace(request, Request::new(Body::empty()));
    let (head, body) = routes.oneshot(request).await.unwrap().into_parts();
    Reply { status: head.status, headers: head.headers, octets: body.collect().await.unwrap().to_bytes().to_vec() }
}

async fn post(installation: &Installation, path: &str, octets: &[u8]) -> Reply {
    send(status_router(&installation.app), Method::POST, path, "application/timestamp-query", octets).await
}

fn query(message: &[u8]) -> TimeStampRequest {
    TimeStampRequest::new(MessageImprint::of(DigestAlgorithm::Sha256, message), None, [7; 16])
}

/// A good request at this moment.
async fn ask(installation: &Installation) -> Reply {
    post(installation, "/tsa", &query(b"what is stamped").encode()).await
}

fn roots(installation: &Installation) -> Vec<Certificate> {
    let roots = pem::certificates(&installation.app.authorities.roots_pem()).unwrap();
    roots.iter().map(|der| Certificate::from_der(der).unwrap()).collect()
}
