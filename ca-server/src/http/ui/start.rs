//! `/`: the hierarchy, fingerprints, directory URLs and how to trust the root.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use web_ui::frame::Frame;
use web_ui::start::{AuthorityKind, AuthorityView, EndpointView, HealthCheck, HealthState, StartPage};

use crate::app::App;
use crate::ops::overview::{self, AuthorityOverview, Overview};

pub(super) async fn page(State(app): State<Arc<App>>) -> Response {
    let overview = overview::overview(&app).await;
    match view(&app, &overview).render() {
        Ok(html) => ([(header::CONTENT_TYPE, web_ui::HTML), (header::CACHE_CONTROL, "no-store")], html).into_response(),
        Err(error) => {
            tracing::error!(%error, "the start page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn view(app: &App, overview: &Overview) -> StartPage {
    StartPage {
        frame: Frame::public(overview.name.clone(), overview.now.seconds()),
        health: overview.readiness.parts().map(check).collect(),
        authorities: overview.authorities.iter().map(authority).collect(),
        acme_endpoints: app
            .settings
            .acme
            .iter()
            .map(|endpoint| EndpointView {
                name: endpoint.name.clone(),
                directory_url: app.settings.server.public_url.join(&format!("/acme/{}/directory", endpoint.name)),
                issuer: endpoint.issuer.clone(),
                profiles: endpoint.profiles.clone(),
                external_account_required: endpoint.external_account_required,
            })
            .collect(),
        root_pem_url: app.settings.server.status_url.join("/roots.pem"),
        clients: super::recipes::clients(app),
    }
}

fn check((part, well): (&str, bool)) -> HealthCheck {
    let (subject, good, broken) = match part.strip_prefix("hsm ") {
        Some(name) => (format!("HSM {name}"), "signs", "does not sign; the log says why"),
        None => ("Database".to_owned(), "answers", "does not answer; the log says why"),
    };
    let (state, detail) = if well { (HealthState::Good, good) } else { (HealthState::Broken, broken) };
    HealthCheck { subject, state, detail: detail.to_owned() }
}

fn authority(found: &AuthorityOverview) -> AuthorityView {
    AuthorityView {
        name: found.name.clone(),
        kind: found.issued_by.clone().map_or(AuthorityKind::Root, AuthorityKind::IssuedBy),
        subject: found.subject.clone(),
        fingerprint_sha256: found.fingerprint,
        key_algorithm: found.key_algorithm.clone(),
        not_before: found.validity.not_before.seconds(),
        not_after: found.validity.not_after.seconds(),
        certificate_url: found.certificate_url.clone(),
        crl_url: found.crl_url.clone(),
        crl_next_update: found.crl_next_update.map(|instant| instant.seconds()),
    }
}
