//! What happens to the rest of a request whose answer needed no more of it.
//!
//! A body that is too large is refused before it has arrived. If the connection were closed at once, the kernel would answer
//! what is still on its way with a reset, and the client would see a broken connection in place of the refusal. So the end of
//! the answer is sent, and what arrives is thrown away for a while.

use std::future::{Future, pending};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

/// More than this is not thrown away: the client is cut off after all.
const MOST_OCTETS: usize = 64 << 20;

/// Nor is it waited for longer.
const LONGEST: Duration = Duration::from_secs(10);

/// Whether a request of the connection was answered before its body had ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Unread(Arc<AtomicBool>);

impl Unread {
    /// A request's body, watched.
    pub(super) fn watch(&self, body: Incoming) -> WatchedBody {
        WatchedBody { ended: body.is_end_stream(), body, unread: self.clone() }
    }

    /// Whether one was.
    pub(super) fn is_noted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A request's body that tells when it is dropped before its end.
pub(super) struct WatchedBody {
    body: Incoming,
    ended: bool,
    unread: Unread,
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let me = self.get_mut();
        let frame = ready!(Pin::new(&mut me.body).poll_frame(cx));
        me.ended = frame.is_none() || me.body.is_end_stream();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        if !self.ended {
            self.unread.0.store(true, Ordering::Relaxed);
        }
    }
}

/// A stream that, once its own side is closed, throws away what a client still sends of an unread request.
pub(super) struct Lingering<S> {
    stream: S,
    unread: Unread,
    closed: bool,
    discarded: usize,
    until: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> Lingering<S> {
    /// `stream`, whose requests are watched by `unread`.
    pub(super) fn new(stream: S, unread: Unread) -> Self {
        Self { stream, unread, closed: false, discarded: 0, until: None }
    }
}

impl<S: AsyncRead + Unpin> Lingering<S> {
    /// Ready when the client has closed its side too, or has had enough time.
    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // A limit of the socket, not of a story: the kernel knows no test clock.
        let limit = async { timeout(LONGEST, pending()).await.unwrap_or(()) };
        let until = self.until.get_or_insert_with(|| Box::pin(limit));
        let mut space = [0; 16 * 1024];
        while self.discarded < MOST_OCTETS && until.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => self.discarded += buffer.filled().len(),
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, octets)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, octets)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        if !me.closed {
            ready!(Pin::new(&mut me.stream).poll_shutdown(cx))?;
            me.closed = true;
        }
        if me.unread.is_noted() {
            ready!(me.poll_discard(cx));
        }
        Poll::Ready(Ok(()))
    }
}
