//! `/compat/signserver`: the part of SignServer's REST interface that jsign speaks, and through it jarsigner and apksigner
//! (`PlainSigner` with a hash that the client made).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::routing::post;
use axum::{Json, Router, middleware};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ca_core::hsm::DigestAlgorithm;
use ca_core::policy::Actor;
use serde::{Deserialize, Serialize};
use tower_http::timeout::TimeoutLayer;
use zeroize::Zeroizing;

use super::api::{ApiError, ApiResult, Caller, caller_by_token, write_problems};
use super::visitor;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::signing::key_lane;

/// Octets of a body: a digest and some words.
const LARGEST_BODY: usize = 16 * 1024;

const TIME_LIMIT: Duration = Duration::from_secs(50);

pub(super) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/compat/signserver/rest/v1/workers/{profile}/process", post(process))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME_LIMIT))
        .layer(middleware::from_fn_with_state(Arc::clone(app), write_problems))
}

/// Whoever signs: by HTTP Basic, whose password is an API token or the token of a CI's job, or as everywhere else.
struct Tool {
    actor: Actor,
    origin: Origin,
}

impl FromRequestParts<Arc<App>> for Tool {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> ApiResult<Self> {
        if let Some(token) = password(parts) {
            let actor = caller_by_token(app, &token).await?;
            let actor =
                actor.ok_or_else(|| ApiError::unauthenticated("the password is an API token that is in force"))?;
            return Ok(Self { actor, origin: visitor::origin(parts) });
        }
        let caller = Caller::from_request_parts(parts, app).await?;
        Ok(Self { actor: caller.actor, origin: caller.origin })
    }
}

/// RFC 7617 §2.
fn password(parts: &Parts) -> Option<Zeroizing<String>> {
    let (scheme, text) = visitor::text(&parts.headers, header::AUTHORIZATION)?.split_once(' ')?;
    let octets = Zeroizing::new(STANDARD.decode(text.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?);
    let (_, password) = std::str::from_utf8(&octets).ok()?.split_once(':')?;
    Some(Zeroizing::new(password.to_owned()))
}

/// What SignServer is sent. Members that change nothing here are ignored, as SignServer does.
#[derive(Deserialize)]
struct Sent {
    data: String,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default, rename = "metaData")]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default, rename = "USING_CLIENTSUPPLIED_HASH")]
    client_hash: Option<String>,
    #[serde(default, rename = "CLIENTSIDE_HASHDIGESTALGORITHM")]
    algorithm: Option<String>,
}

/// What SignServer answers.
#[derive(Serialize)]
struct Answer {
    data: String,
    #[serde(rename = "signerCertificate")]
    certificate: String,
}

async fn process(
    State(app): State<Arc<App>>,
    tool: Tool,
    Path(profile): Path<String>,
    sent: Result<Json<Sent>, JsonRejection>,
) -> ApiResult<Json<Answer>> {
    let Json(sent) = sent.map_err(|rejection| ApiError::malformed(rejection.body_text()))?;
    let (algorithm, digest) = digest(&sent)?;
    let signed = key_lane::sign(&app, &tool.actor, &tool.origin, &profile, algorithm, digest).await?;
    Ok(Json(Answer { data: STANDARD.encode(signed.signature), certificate: STANDARD.encode(signed.certificate) }))
}

/// Files never come here: only the hash that the client made of them.
fn digest(sent: &Sent) -> ApiResult<(DigestAlgorithm, Vec<u8>)> {
    let by_client = sent.metadata.client_hash.as_deref().is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    if !by_client || !sent.encoding.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("base64")) {
        let detail = "send the base64 of a hash, with encoding BASE64 and USING_CLIENTSUPPLIED_HASH true";
        return Err(ApiError::refused("client-supplied-hash", detail));
    }
    let algorithm = match sent.metadata.algorithm.as_deref() {
        Some("SHA-256" | "SHA256") => DigestAlgorithm::Sha256,
        Some("SHA-384" | "SHA384") => DigestAlgorithm::Sha384,
        Some("SHA-512" | "SHA512") => DigestAlgorithm::Sha512,
        _ => {
            return Err(ApiError::refused(
                "digest-algorithm",
                "CLIENTSIDE_HASHDIGESTALGORITHM is SHA-256, SHA-384 or SHA-512",
            ));
        }
    };
    let octets = STANDARD.decode(sent.data.trim());
    octets.map(|octets| (algorithm, octets)).map_err(|_| ApiError::refused("base64", "data is not base64"))
}
