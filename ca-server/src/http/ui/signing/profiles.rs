//! `/signing/profiles`: all of them.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use ca_core::signing::SigningProfile;
use web_ui::frame::Section;
use web_ui::signing::{SigningProfileRow, SigningProfilesPage};

use super::environment;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page as answer;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::signing::profiles;

pub(super) async fn page(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    let found = profiles::list(&app, &me.actor)?;
    let view = SigningProfilesPage {
        frame: me.frame(&app, Section::Signing),
        profiles: found.iter().map(|found| row(&found.profile)).collect(),
    };
    answer(view.render())
}

fn row(profile: &SigningProfile) -> SigningProfileRow {
    SigningProfileRow {
        name: profile.name().to_owned(),
        label: profile.label().to_owned(),
        environment: environment(profile.environment().as_str()),
        formats: profile.formats().iter().map(ToString::to_string).collect(),
        stages: stages(profile),
        frozen: profile.limits().frozen,
    }
}

/// Roles, and how many people of each.
pub(super) fn stages(profile: &SigningProfile) -> Vec<(String, u32)> {
    profile.stages().iter().map(|stage| (stage.group.clone(), stage.required)).collect()
}
