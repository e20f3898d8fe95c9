//! `/signing/profiles/{name}`: one profile, its rules in words.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use ca_core::duration;
use ca_core::signing::SigningProfile;
use ca_core::signing::profile::{self as rules, CertificateMode, TrustRule};
use web_ui::frame::Section;
use web_ui::signing::{
    CertificateRuleView, KeyView, LimitsView, ProfileCertificateView, SigningProfilePage, TrustView, Trusted,
};

use super::profiles::stages;
use super::{environment, hexadecimal, inbox, server};
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page as answer;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::signing::profile::{self, ProfileDetails};

pub(super) async fn page(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let found = profile::one(&app, &me.actor, &name).await?;
    answer(view_of(&app, &me, found).render())
}

fn view_of(app: &App, me: &SignedIn, found: ProfileDetails) -> SigningProfilePage {
    let profile = Arc::clone(&found.profile);
    SigningProfilePage {
        frame: me.frame(app, Section::Signing),
        name: profile.name().to_owned(),
        label: profile.label().to_owned(),
        environment: environment(profile.environment().as_str()),
        version: profile.hash().to_string(),
        frozen: profile.limits().frozen,
        formats: profile.formats().iter().map(ToString::to_string).collect(),
        digests: profile.digests().iter().map(ToString::to_string).collect(),
        certificate: certificate(&profile, &found),
        key: KeyView {
            algorithm: profile.key().to_string(),
            hsm: found.hsm,
            sha256: found.key.map(|key| hexadecimal(&key.spki_sha256)),
        },
        timestamp_required: profile.timestamp_required(),
        external_timestamps: profile.external_timestamps().to_vec(),
        trust: profile.trust().iter().map(trust).collect(),
        stages: stages(&profile),
        limits: limits(profile.limits()),
        expires: duration::format(profile.expires()),
        reuse: profile.reuses(),
        text: profile.canonical().to_owned(),
        requests: found.requests.into_iter().map(inbox::row).collect(),
        server: server(app),
    }
}

fn certificate(profile: &SigningProfile, found: &ProfileDetails) -> CertificateRuleView {
    let rule = profile.certificate();
    CertificateRuleView {
        per_request: rule.mode == CertificateMode::PerRequest,
        issuer: found.issuer.clone(),
        profile: rule.profile.clone(),
        validity: rule.validity.map(duration::format),
        project_eku: rule.project_eku.map(|eku| eku.to_string()),
        newest: found.certificate.as_ref().map(|record| ProfileCertificateView {
            id: record.id.to_string(),
            serial: record.serial.to_string(),
            not_after: record.not_after.seconds(),
        }),
    }
}

fn trust(rule: &TrustRule) -> TrustView {
    let who = match rule.who() {
        rules::Trusted::Ci(ci) => Trusted::Ci {
            issuer: ci.issuer.clone(),
            audience: ci.audience.clone(),
            claims: ci.claims.iter().map(|(claim, pattern)| (claim.clone(), pattern.clone())).collect(),
        },
        rules::Trusted::Mtls(mtls) => Trusted::Mtls { issuer: mtls.issuer.clone(), san: mtls.san.clone() },
        rules::Trusted::ApiTokens => Trusted::ApiTokens,
    };
    TrustView { name: rule.name().to_owned(), who }
}

fn limits(limits: &rules::Limits) -> LimitsView {
    LimitsView {
        items: limits.items.try_into().unwrap_or(u64::MAX),
        requests_per_hour: limits.requests_per_hour.into(),
        signatures_per_day: limits.signatures_per_day,
        hours: limits.hours.as_ref().map(ToString::to_string),
        sources: limits.sources.iter().map(ToString::to_string).collect(),
    }
}
