//! Signatures as files.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use ca_core::signing::Format;

use super::id;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::signing::{SigningRequestId, bundle as bundle_op, view};

pub(super) async fn bundle(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let request: SigningRequestId = id(&text)?;
    let archive = bundle_op::bundle(&app, &me.actor, request).await?;
    Ok((headers("application/zip", &format!("signatures-{request}.zip")), archive).into_response())
}

pub(super) async fn signature(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((text, number)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (request, number): (SigningRequestId, i64) = (id(&text)?, id(&number)?);
    let (found, octets) = view::signature(&app, &me.actor, request, number).await?;
    let (kind, ending) = match found.row.format {
        Format::Raw => ("application/octet-stream", "sig"),
        Format::CmsDetached | Format::AuthenticodePe | Format::JarSf => ("application/pkcs7-signature", "p7s"),
    };
    // What others called the file does not become the name of a file here.
    Ok((headers(kind, &format!("{request}-{number:04}.{ending}")), octets).into_response())
}

fn headers(kind: &str, name: &str) -> [(HeaderName, String); 3] {
    [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ]
}
