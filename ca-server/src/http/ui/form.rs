//! Forms of signed-in operators: bounded, and sent by a page of ours.

mod fields;
mod secret;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub(in crate::http) use secret::Secret;

use super::failure::Failure;
use super::signed_in::SignedIn;
use crate::app::App;
use crate::http::visitor;

/// Largest form, unless the route says otherwise.
const LARGEST: usize = 1024 * 1024;

/// A form that a signed-in operator sent from a page of this server. A field that may be repeated is a `Vec`; one that may
/// be empty an `Option`.
#[derive(Debug)]
pub(in crate::http) struct SignedForm<T>(pub(in crate::http) SignedIn, pub(in crate::http) T);

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Nothing {}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for SignedForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let signed_in = SignedIn::from_request_parts(&mut parts, app).await?;
        if visitor::is_foreign(app, &parts) {
            return Err(Failure::foreign().into_response());
        }
        let form = read(&parts.headers, body).await.map_err(IntoResponse::into_response)?;
        // Forms carry the token; scripts may send it as a header.
        let field = fields::value(&form, "csrf");
        let sent = field.as_deref().or(visitor::text(&parts.headers, "x-csrf-token")).unwrap_or_default();
        if !signed_in.session.is_csrf(sent) {
            return Err(Failure::forged().into_response());
        }
        let values = fields::parse(&form).map_err(|fault| Failure::unreadable(&fault).into_response())?;
        Ok(Self(signed_in, values))
    }
}

/// A form that whoever stands outside sent, from a page of this server all the same.
#[derive(Debug)]
pub(super) struct PublicForm<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for PublicForm<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        if visitor::is_foreign(app, &parts) {
            return Err(Failure::foreign().into_response());
        }
        let form = read(&parts.headers, body).await.map_err(IntoResponse::into_response)?;
        fields::parse(&form).map(Self).map_err(|fault| Failure::unreadable(&fault).into_response())
    }
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    let media = visitor::text(headers, header::CONTENT_TYPE).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let rule = "A form is sent as application/x-www-form-urlencoded.";
        return Err(Failure::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "That is not a form of this server", rule));
    }
    match Limited::new(body, LARGEST).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            let rule = format!("A form has at most {} KiB here.", LARGEST / 1024);
            Err(Failure::refused(StatusCode::PAYLOAD_TOO_LARGE, "That is too large", rule))
        }
        Err(_) => Err(Failure::unreadable("it did not arrive whole")),
    }
}
