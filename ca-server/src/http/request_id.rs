//! A name for each request, in the answer, the log line and the audit event.

use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::telemetry::LoggedRequest;

/// UUIDv7 text of one request.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(Arc<str>);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names the request, lets log lines tell of it and repeats the name in `X-Request-Id`.
pub(super) async fn name(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let id: Arc<str> = app.entropy.uuid().to_string().into();
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let (method, target) = (request.method().clone(), request.uri().clone());
    let logged = LoggedRequest { id: Arc::clone(&id), method, target };
    let mut response = logged.during(next.run(request)).await;
    if let Ok(value) = HeaderValue::try_from(&*id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
