//! How much of the API is done at the same time, so that reports and scripts leave room for everything else.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;

use super::answer::ApiError;
use super::kind::Kind;

/// Requests at the same time; one more is told to come back.
const AT_ONCE: usize = 128;

/// The places of one listener.
pub(super) fn places() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(AT_ONCE))
}

pub(super) async fn admit(State(places): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    match places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => {
            let detail = format!("the API is doing {AT_ONCE} requests already");
            ApiError::new(Kind::Unavailable, detail).into_response()
        }
    }
}
