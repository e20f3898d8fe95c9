//! `/api/v1/signing`: signatures over artifacts.
//!
//! Asking is for the jobs of a CI (their OIDC token), machines (their client certificate) and API tokens with the scope
//! `signing`, as the signing profiles say; approving is for people.

mod acts;
mod answers;
mod checks;
mod grants;
mod judging;
mod questions;
mod reads;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;

use super::{ApiError, ApiResult};
use crate::app::App;
use crate::ops::signing::SigningRequestId;

/// Octets of a body: three thousand artifacts with long names.
const LARGEST_BODY: usize = 8 * 1024 * 1024;

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::default()
        .merge(acts::routes().layer(DefaultBodyLimit::max(LARGEST_BODY)))
        .merge(reads::routes())
        .merge(grants::routes())
        .merge(checks::routes())
        .merge(judging::routes())
}

/// What is no id names no request.
fn id(text: &str) -> ApiResult<SigningRequestId> {
    text.parse().map_err(|_| ApiError::not_found(format!("there is no request for signatures {text}")))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;
