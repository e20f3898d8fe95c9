//! What a connection has in flight, so that an ending server waits for that and for nothing else.
//!
//! hyper ends an idle HTTP/2 connection only when its peer answers a ping, and waits for the rest of a request's head that
//! never comes. A peer that says nothing would hold up the end of the server until the drain limit.

use std::future::pending;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::timeout;

/// Requests of one connection whose answers are not complete, and whether the peer lets octets wait.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Inner>);

#[derive(Default)]
struct Inner {
    requests: watch::Sender<usize>,
    /// The last write could not be finished: the peer is slow, and what it waits for is not lost.
    blocked: AtomicBool,
}

impl InFlight {
    /// One more request, until the guard is dropped.
    pub(super) fn request(&self) -> RequestGuard {
        self.0.requests.send_modify(|requests| *requests += 1);
        RequestGuard(self.clone())
    }

    /// The stream of this connection, watched.
    pub(super) fn watch<S>(&self, stream: S) -> Watched<S> {
        Watched { stream, in_flight: self.clone() }
    }

    /// Returns once nothing has been in flight for `farewell`, which is the peer's time to hear that this is the end.
    pub(super) async fn is_over(&self, farewell: Duration) {
        let mut requests = self.0.requests.subscribe();
        loop {
            if requests.wait_for(|requests| *requests == 0).await.is_err() {
                // The counter is ours, so it is there.
                pending::<()>().await;
            }
            let quiet = timeout(farewell, requests.changed()).await.is_err();
            if quiet && !self.0.blocked.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn note<T>(&self, polled: Poll<T>) -> Poll<T> {
        self.0.blocked.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }
}

/// A request that is being answered.
pub(super) struct RequestGuard(InFlight);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.0.requests.send_modify(|requests| *requests = requests.saturating_sub(1));
    }
}

impl RequestGuard {
    /// The answer's body: the request is in flight until it has been handed over.
    pub(super) fn attach(self, body: Body) -> GuardedBody {
        GuardedBody { body, _guard: self }
    }
}

/// A body that keeps its request in flight.
pub(super) struct GuardedBody {
    body: Body,
    _guard: RequestGuard,
}

impl hyper::body::Body for GuardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream that tells when its peer lets octets wait.
pub(super) struct Watched<S> {
    stream: S,
    in_flight: InFlight,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        me.in_flight.note(Pin::new(&mut me.stream).poll_write(cx, octets))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        me.in_flight.note(Pin::new(&mut me.stream).poll_write_vectored(cx, octets))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        me.in_flight.note(Pin::new(&mut me.stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
