//! `/settings/policy/replay`: what another policy or profile would have decided.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ca_core::policy::PolicySource;
use ca_core::policy::action::ReadPolicy;
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::settings::{ChangedRow, ProposalText, ReplayPage, ReplayView};

use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::policy::replay::{self, Proposal, Replayed};

/// Days that the form begins with.
const DAYS: u32 = 30;

pub(super) async fn form(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    let _ = app.policies.load().engine().decide(&me.actor, ReadPolicy).map_err(OpError::from)?;
    let proposal = ProposalText { on_top: true, days: DAYS, ..ProposalText::default() };
    page(blank(&app, &me, proposal).render())
}

fn blank(app: &App, me: &SignedIn, proposal: ProposalText) -> ReplayPage {
    ReplayPage {
        frame: me.frame(app, Section::Settings),
        proposal,
        profiles: app.policies.load().profiles().map(|profile| profile.name().to_owned()).collect(),
        problem: None,
        result: None,
    }
}

#[derive(Deserialize)]
pub(super) struct Sent {
    policies: Option<String>,
    #[serde(default)]
    on_top: Vec<String>,
    profile_name: Option<String>,
    profile: Option<String>,
    days: u32,
}

pub(super) async fn run(
    State(app): State<Arc<App>>,
    SignedForm(me, sent): SignedForm<Sent>,
) -> Result<Response, Failure> {
    let text = ProposalText {
        policies: sent.policies.unwrap_or_default(),
        on_top: !sent.on_top.is_empty(),
        profile_name: sent.profile_name.unwrap_or_default(),
        profile: sent.profile.unwrap_or_default(),
        days: sent.days,
    };
    let found = replay::replay(&app, &me.actor, &proposal(&text)).await;
    let blank = blank(&app, &me, text);
    match found {
        Ok(found) => page(ReplayPage { result: Some(view(found)), ..blank }.render()),
        Err(OpError::Problem(problem)) => {
            let again = ReplayPage { problem: Some(problem.detail().to_owned()), ..blank };
            page_with(StatusCode::UNPROCESSABLE_ENTITY, again.render())
        }
        Err(error) => Err(error.into()),
    }
}

fn proposal(text: &ProposalText) -> Proposal {
    let given = |text: &str| !text.trim().is_empty();
    let policies =
        given(&text.policies).then(|| PolicySource { file: "proposal.cedar".to_owned(), text: text.policies.clone() });
    let profile =
        (given(&text.profile) && given(&text.profile_name)).then(|| (text.profile_name.clone(), text.profile.clone()));
    Proposal {
        policies: policies.into_iter().collect(),
        on_top: text.on_top,
        profiles: profile.into_iter().collect(),
        days: text.days,
    }
}

fn view(found: Replayed) -> ReplayView {
    let row = |changed: replay::Changed| ChangedRow {
        at: changed.at.to_unix_time().seconds(),
        actor: changed.actor,
        action: changed.action,
        object: changed.object,
        reason: changed.reason,
    };
    ReplayView {
        asked: found.asked,
        unreadable: found.unreadable,
        is_cut: found.is_cut,
        changed: found.changed,
        summary: found.summary,
        examples: found.examples.into_iter().map(row).collect(),
        warnings: found.warnings,
    }
}
