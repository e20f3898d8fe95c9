//! The audit trail as a file that is written while it is sent: at most one page of it is in memory.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Frame;

use crate::ops::OpError;
use crate::ops::audit::export::Export;
use crate::ops::audit::written::{FileError, Format};

/// The answer with the file. Its first page is read before, so that a database that is away is told as such.
///
/// # Errors
/// When the database fails.
pub(in crate::http) async fn file(mut export: Export, format: Format) -> Result<Response, OpError> {
    let first = export.next().await?;
    let written = format.head().and_then(|mut head| {
        head.extend(format.lines(first)?);
        Ok(head)
    });
    let first = written.map_err(|error| OpError::Integrity(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"audit.{}\"", format.extension())),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::new(Lines { first: Some(first.into()), rest: Some(next(export, format)) })).into_response())
}

type Page = Result<Option<(Bytes, Export)>, Broken>;
type Reading = Pin<Box<dyn Future<Output = (Page, Format)> + Send>>;

/// Why a file ends in its midst: the connection is broken off then, so that nobody takes it for the whole.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Read(#[from] OpError),
    #[error(transparent)]
    Written(#[from] FileError),
}

/// The lines that were read, then those that are being read.
struct Lines {
    first: Option<Bytes>,
    rest: Option<Reading>,
}

impl HttpBody for Lines {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(reading) = &mut self.rest else { return Poll::Ready(None) };
        let (page, format) = match reading.as_mut().poll(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(ready) => ready,
        };
        self.rest = None;
        Poll::Ready(match page {
            Ok(None) => None,
            Ok(Some((lines, export))) => {
                self.rest = Some(next(export, format));
                Some(Ok(Frame::data(lines)))
            }
            Err(error) => {
                tracing::error!(%error, "an export of the audit trail was broken off");
                Some(Err(error))
            }
        })
    }
}

fn next(export: Export, format: Format) -> Reading {
    Box::pin(async move { (page(export, format).await, format) })
}

async fn page(mut export: Export, format: Format) -> Page {
    let events = export.next().await?;
    if events.is_empty() {
        return Ok(None);
    }
    Ok(Some((format.lines(events)?.into(), export)))
}
