//! `/authorities`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use ca_core::time::UnixTime;
use web_ui::authorities::{AuthoritiesPage, AuthorityNode, AuthorityPage, AuthorityState, KeyView, ListView};
use web_ui::frame::Section;

use super::failure::Failure;
use super::form::{Nothing, SignedForm};
use super::page::page;
use super::signed_in::SignedIn;
use crate::app::App;
use crate::ops::authority::{self, AuthorityDetail, IssuerState, RevocationList};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/authorities", get(list))
        .route("/authorities/{slug}", get(show))
        .route("/authorities/{slug}/publish", post(publish))
        .route("/authorities/{slug}/pem", get(pem))
        .route("/authorities/{slug}/chain", get(chain))
}

async fn list(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    let now = app.clock.now();
    let authorities = authority::all(&app, &me.actor)?.iter().map(|found| node(found, now)).collect();
    page(AuthoritiesPage { frame: me.frame(&app, Section::Authorities), authorities }.render())
}

fn node(found: &AuthorityDetail, now: UnixTime) -> AuthorityNode {
    AuthorityNode {
        slug: found.slug.clone(),
        name: found.name.clone(),
        parent: found.parent.clone(),
        state: state(found, now),
        subject: found.certificate.subject().to_string(),
        key_algorithm: found.key.algorithm.clone(),
        hsm: found.key.hsm.clone(),
        not_after: found.certificate.validity().not_after.seconds(),
        lists: found.lists.len(),
        next_update: found.next_update().map(UnixTime::seconds),
    }
}

fn state(found: &AuthorityDetail, now: UnixTime) -> AuthorityState {
    match found.state {
        IssuerState::Revoked => AuthorityState::Revoked,
        _ if found.certificate.validity().not_after < now => AuthorityState::Expired,
        IssuerState::Retired => AuthorityState::Retired,
        IssuerState::Active if found.ends_soon(now) => AuthorityState::EndsSoon,
        IssuerState::Active => AuthorityState::Active,
    }
}

async fn show(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(slug): Path<String>,
    uri: Uri,
) -> Result<Response, Failure> {
    let found = authority::one(&app, &me.actor, &slug)?;
    let done = uri.query().is_some_and(|query| query == PUBLISHED).then(|| "Its lists are published.".to_owned());
    page(AuthorityPage { done, ..view(&app, &me, &found) }.render())
}

const PUBLISHED: &str = "done=published";

fn view(app: &App, me: &SignedIn, found: &AuthorityDetail) -> AuthorityPage {
    let certificate = &found.certificate;
    AuthorityPage {
        frame: me.frame(app, Section::Authorities),
        slug: found.slug.clone(),
        name: found.name.clone(),
        parent: found.parent.clone(),
        state: state(found, app.clock.now()),
        subject: certificate.subject().to_string(),
        serial: certificate.serial().to_string(),
        fingerprint_sha256: certificate.fingerprint().iter().map(|octet| format!("{octet:02x}")).collect(),
        not_before: certificate.validity().not_before.seconds(),
        not_after: certificate.validity().not_after.seconds(),
        pem: certificate.to_pem(),
        certificate_url: found.certificate_url.clone(),
        key: KeyView {
            hsm: found.key.hsm.clone(),
            id: found.key.id.clone(),
            locator: found.key.locator.clone(),
            algorithm: found.key.algorithm.clone(),
            state: found.key.state.clone(),
        },
        lists: found.lists.iter().map(list_view).collect(),
        automatic: found.automatic,
        no_publish: found.publish.clone().err(),
        done: None,
        api_url: app.settings.server.public_url.join(&format!("/api/v1/authorities/{}", found.slug)),
    }
}

fn list_view(list: &RevocationList) -> ListView {
    let published = list.published.as_ref();
    ListView {
        shard: list.shard,
        url: list.url.clone(),
        number: published.map(|crl| crl.number),
        entries: published.map_or(0, |crl| crl.entries.unsigned_abs()),
        size: published.map_or(0, |crl| crl.der.len() as u64),
        this_update: published.map(|crl| crl.this_update.seconds()),
        next_update: published.map(|crl| crl.next_update.seconds()),
        next_publication: list.next_publication.map(UnixTime::seconds),
    }
}

async fn publish(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    authority::publish_now(&app, &me.actor, &me.origin, &slug).await?;
    Ok(Redirect::to(&format!("/authorities/{slug}?{PUBLISHED}")).into_response())
}

async fn pem(State(app): State<Arc<App>>, me: SignedIn, Path(slug): Path<String>) -> Result<Response, Failure> {
    let found = authority::one(&app, &me.actor, &slug)?;
    Ok(file(&format!("{slug}.pem"), found.certificate.to_pem()))
}

async fn chain(State(app): State<Arc<App>>, me: SignedIn, Path(slug): Path<String>) -> Result<Response, Failure> {
    let found = authority::one(&app, &me.actor, &slug)?;
    Ok(file(&format!("{slug}-chain.pem"), found.chain_pem))
}

fn file(name: &str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/pem-certificate-chain".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, text).into_response()
}
