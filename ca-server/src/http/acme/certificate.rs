//! Download of a certificate (RFC 8555 §7.4.2).

use axum::extract::Path;
use axum::response::Response;

use super::answer::{Answer, Refusal};
use super::authenticated::{Authenticated, id};
use super::posted::Posted;
use crate::ops::acme;

pub(super) async fn certificate(
    Path((_, certificate)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let request = Authenticated::post_as_get(&posted).await?;
    let chain = acme::certificate::chain(&posted.app, &request.who, id(&certificate, "certificate")?).await?;
    Ok(Answer::ok(chain).into_pem_response())
}
