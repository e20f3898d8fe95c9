//! `/`: the dashboard for operators, the start page for everybody else.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use ca_core::time::UnixTime;
use web_ui::dashboard::{DashboardPage, NeedView, PastDay, Urgency};
use web_ui::frame::Section;

use super::failure::Failure;
use super::page::page;
use super::signed_in::SignedIn;
use super::{hsm, start};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::dashboard::counting::DAY;
use crate::ops::dashboard::need::{self, Need, Place};
use crate::ops::dashboard::{self, Dashboard};

pub(super) async fn show(State(app): State<Arc<App>>, signed_in: Option<SignedIn>) -> Result<Response, Failure> {
    let Some(me) = signed_in else { return start::page(State(app), None).await };
    match dashboard::dashboard(&app, &me.actor).await {
        Ok(found) => page(view(&app, &me, &found).render()),
        // Whoever has no role sees what everybody sees.
        Err(OpError::Denied(_)) => start::page(State(app), Some(me)).await,
        Err(error) => Err(error.into()),
    }
}

fn view(app: &App, me: &SignedIn, found: &Dashboard) -> DashboardPage {
    let unsigned = |count: i64| count.max(0).unsigned_abs();
    let day = |past: &dashboard::PastDay| PastDay {
        at: past.day * DAY,
        issued: unsigned(past.issued),
        failed: unsigned(past.failed),
    };
    let now: UnixTime = found.now;
    DashboardPage {
        frame: me.frame(app, Section::Overview),
        needs: found.needs.iter().map(need_view).collect(),
        valid: unsigned(found.valid),
        past: found.past.iter().map(day).collect(),
        more_failed: found.more_failed,
        algorithms: found.algorithms.iter().map(|(name, count)| (name.clone(), unsigned(*count))).collect(),
        first_end: found.first_end * DAY,
        ends: found.ends.iter().map(|count| unsigned(*count)).collect(),
        hsms: found.hsms.iter().map(|hsm| (hsm.name.clone(), hsm::latency(&hsm.history, now))).collect(),
    }
}

fn need_view(found: &Need) -> NeedView {
    NeedView {
        urgency: match found.urgency {
            need::Urgency::Broken => Urgency::Broken,
            need::Urgency::Soon => Urgency::Soon,
            need::Urgency::Waiting => Urgency::Waiting,
        },
        what: found.what.clone(),
        detail: found.detail.clone(),
        place: place(&found.place).map(|(href, link)| (href, link.to_owned())),
    }
}

/// The path of a place, and what the link to it is called.
fn place(place: &Place) -> Option<(String, &'static str)> {
    Some(match place {
        Place::Hsm(name) => (format!("/hsm/{name}"), "The HSM"),
        Place::Authority(slug) => (format!("/authorities/{slug}"), "The authority"),
        Place::Certificate(id) => (format!("/certificates/{id}"), "The certificate"),
        Place::Overdue => ("/certificates?renewal=overdue".to_owned(), "All of them"),
        Place::Signing => ("/signing".to_owned(), "The requests"),
        Place::SigningProfile(name) => (format!("/signing/profiles/{name}"), "The profile"),
        Place::Orders | Place::Clock => return None,
    })
}
