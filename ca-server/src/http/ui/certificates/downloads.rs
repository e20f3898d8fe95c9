//! A certificate as a file.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::certificate::download::{Download, Format, download};

pub(super) async fn pem(app: State<Arc<App>>, me: SignedIn, id: Path<String>) -> Result<Response, Failure> {
    file(&app, &me, &id, Format::Pem).await
}

pub(super) async fn chain(app: State<Arc<App>>, me: SignedIn, id: Path<String>) -> Result<Response, Failure> {
    file(&app, &me, &id, Format::Chain).await
}

pub(super) async fn der(app: State<Arc<App>>, me: SignedIn, id: Path<String>) -> Result<Response, Failure> {
    file(&app, &me, &id, Format::Der).await
}

pub(super) async fn pkcs7(app: State<Arc<App>>, me: SignedIn, id: Path<String>) -> Result<Response, Failure> {
    file(&app, &me, &id, Format::Pkcs7).await
}

async fn file(app: &App, me: &SignedIn, id: &str, format: Format) -> Result<Response, Failure> {
    let Download { bytes, file_name } = download(app, &me.actor, id, format).await?;
    let disposition = format!("attachment; filename=\"{file_name}\"");
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
