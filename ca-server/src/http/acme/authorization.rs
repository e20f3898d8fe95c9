//! Authorizations and challenges (RFC 8555 §7.5).

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use ca_core::acme::authorization::listed;
use ca_core::acme::challenge::ChallengeStatus;
use ca_core::acme::message::{AuthorizationObject, ChallengeObject, ChallengeResponse, UpdateAuthorization};

use super::answer::{Answer, Refusal};
use super::authenticated::{Authenticated, id};
use super::posted::Posted;
use super::urls::Urls;
use crate::ops::acme::{self, AuthorizationView, ChallengeView};

/// Seconds between polls while a challenge is validated.
const POLL: u64 = 1;

pub(super) async fn authorization(
    Path((_, name)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Refusal> {
    let request = Authenticated::from(&posted).await?;
    let id = id(&name, "authorization")?;
    let view = if request.jws.is_post_as_get() {
        acme::authorization::load(&posted.app, &request.who, id).await?
    } else {
        request.jws.message::<UpdateAuthorization>()?.require_deactivation()?;
        acme::authorization::deactivate(&posted.app, &request.who, id).await?
    };
    let waiting = view.challenges.iter().any(|challenge| challenge.status == ChallengeStatus::Processing);
    Ok(Answer::ok(object(&request.urls, &view)).retry_after(waiting.then_some(POLL)).into_response())
}

pub(super) async fn challenge(Path((_, name)): Path<(String, String)>, posted: Posted) -> Result<Response, Refusal> {
    let request = Authenticated::from(&posted).await?;
    let id = id(&name, "challenge")?;
    let view = if request.jws.is_post_as_get() {
        acme::challenge::view(&posted.app, &request.who, id).await?
    } else {
        // RFC 8555 §7.5.1: the payload is an empty object; members that older clients put in are ignored.
        let ChallengeResponse {} = request.jws.message()?;
        acme::challenge::respond(&posted.app, &request.who, &request.account, id).await?
    };
    let waiting = (view.status == ChallengeStatus::Processing).then_some(POLL);
    let up = request.urls.authorization(&view.authorization);
    Ok(Answer::ok(challenge_object(&request.urls, &view)).link(&up, "up").retry_after(waiting).into_response())
}

fn object(urls: &Urls, view: &AuthorizationView) -> AuthorizationObject {
    let shown = listed(view.status, &view.challenges, |challenge| challenge.status);
    AuthorizationObject {
        identifier: view.identifier.to_wire(),
        status: view.status,
        expires: Some(view.expires_at.to_string()),
        challenges: shown.into_iter().map(|challenge| challenge_object(urls, challenge)).collect(),
        wildcard: view.wildcard,
    }
}

fn challenge_object(urls: &Urls, view: &ChallengeView) -> ChallengeObject {
    ChallengeObject {
        kind: view.kind.clone(),
        url: urls.challenge(&view.id),
        status: view.status,
        validated: view.validated_at.map(|instant| instant.to_string()),
        error: view.problem.clone(),
        token: view.token.clone(),
    }
}
