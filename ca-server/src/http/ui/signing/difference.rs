//! What differs from the last signed release of the profile.

use std::collections::BTreeMap;

use ca_core::signing::SigningProfile;
use ca_core::signing::profile::CertificateMode;
use web_ui::signing::{ChangedFact, ComparisonView, EarlierView};

use super::unsigned;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::ops::signing::inbox::profile_of;
use crate::ops::signing::view::{ItemChange, SigningDetails, SigningView};

/// Claims that are others with each job, and say nothing about where it comes from.
const OF_THE_JOB: [&str; 17] = [
    "iat",
    "exp",
    "nbf",
    "jti",
    "sha",
    "run_id",
    "run_number",
    "run_attempt",
    "check_run_id",
    "workflow_sha",
    "job_workflow_sha",
    "job_id",
    "pipeline_id",
    "ci_config_sha",
    "head_ref",
    "base_ref",
    "sub",
];

pub(super) async fn of(app: &App, found: &SigningView, details: &SigningDetails) -> Result<ComparisonView, Failure> {
    let Some(last) = &details.last_release else { return Ok(ComparisonView::First) };
    let before = profile_of(app, last).await?;
    let mut facts = changed(&last.claims, &found.row.claims);
    facts.extend(changed(&last.provenance, &found.row.provenance));
    facts.extend(fact("format", last.format.as_str(), found.row.format.as_str()));
    facts.extend(fact("certificate", mode(&before), mode(&found.profile)));
    facts.extend(fact("profile version", &before.hash().to_string(), &found.profile.hash().to_string()));
    let mut view = EarlierView {
        id: last.id.to_string(),
        reason: last.reason.clone(),
        signed_at: last.ended_at.unwrap_or(last.created_at).seconds(),
        added: Vec::new(),
        removed: Vec::new(),
        changed: Vec::new(),
        same: 0,
        facts,
    };
    for change in &details.changes {
        match change {
            ItemChange::Added(name) => view.added.push(name.clone()),
            ItemChange::Removed(name) => view.removed.push(name.clone()),
            ItemChange::Changed(name) => view.changed.push(name.clone()),
        }
    }
    let other = u64::try_from(view.added.len() + view.changed.len()).unwrap_or(u64::MAX);
    view.same = unsigned(found.row.items).saturating_sub(other);
    Ok(ComparisonView::With(view))
}

fn mode(profile: &SigningProfile) -> &'static str {
    match profile.certificate().mode {
        CertificateMode::Static => "one for all requests",
        CertificateMode::PerRequest => "one for each request",
    }
}

fn fact(what: &str, before: &str, now: &str) -> Option<ChangedFact> {
    let side = |text: &str| Some(text.to_owned());
    (before != now).then(|| ChangedFact { what: what.to_owned(), before: side(before), now: side(now) })
}

/// What is said otherwise, was not said before, or is not said any more.
fn changed(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<ChangedFact> {
    let names = now.keys().chain(before.keys().filter(|name| !now.contains_key(*name)));
    let worth = names.filter(|name| !OF_THE_JOB.contains(&name.as_str()) && !name.starts_with("signet:"));
    let pairs = worth.map(|name| (name, before.get(name), now.get(name)));
    let differ = pairs.filter(|(_, before, now)| before != now);
    differ
        .map(|(what, before, now)| ChangedFact { what: what.clone(), before: before.cloned(), now: now.cloned() })
        .collect()
}
