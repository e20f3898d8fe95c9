//! `/`: the hierarchy, fingerprints, directory URLs and how to trust the root.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use web_ui::frame::{Frame, Section};
use web_ui::start::{AuthorityKind, AuthorityView, EndpointView, HealthCheck, HealthState, StartPage};

use super::failure::Failure;
use super::signed_in::{SignedIn, public_frame};
use crate::app::App;
use crate::ops::overview::{self, AuthorityOverview, Overview};

pub(super) async fn page(State(app): State<Arc<App>>, signed_in: Option<SignedIn>) -> Result<Response, Failure> {
    let overview = overview::overview(&app).await;
    let frame = match signed_in {
        Some(signed_in) => signed_in.frame(&app, Section::Overview),
        None => public_frame(&app, Section::Overview),
    };
    super::page::page(view(&app, &overview, frame).render())
}

fn view(app: &App, overview: &Overview, frame: Frame) -> StartPage {
    StartPage {
        frame,
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
    let (subject, good, broken) = match part.split_once(' ') {
        Some(("hsm", name)) => (format!("HSM {name}"), "signs", "does not sign; the log says why"),
        Some((_, name)) => (format!("Authority {name}"), "issues", "was revoked; it issues no certificates any more"),
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
