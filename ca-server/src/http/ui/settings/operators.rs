//! `/settings/operators`: who may sign in.

mod one;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use ca_core::policy::action::AddOperator;
use serde::Deserialize;
use web_ui::account::Choice;
use web_ui::frame::Section;
use web_ui::settings::{OneTimePasswordPage, OperatorRow, OperatorsPage};

use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::operator::{self, Listed, ROLES};

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/settings/operators", get(all).post(add))
        .route("/settings/operators/{name}", get(one::show))
        .route("/settings/operators/{name}/roles", post(one::change_roles))
        .route("/settings/operators/{name}/disable", post(one::disable))
        .route("/settings/operators/{name}/enable", post(one::enable))
        .route("/settings/operators/{name}/reset-password", post(one::reset_password))
        .route("/settings/operators/{name}/end-sessions", post(one::end_sessions))
        .route("/settings/operators/{name}/tokens/{token}/revoke", post(one::revoke_token))
}

/// Rows on a page.
const PAGE: i64 = 100;

#[derive(Default, Deserialize)]
pub(super) struct After {
    after: Option<String>,
}

async fn all(State(app): State<Arc<App>>, me: SignedIn, Query(query): Query<After>) -> Result<Response, Failure> {
    let after = query.after.unwrap_or_default();
    page(view(&app, &me, &after, NewOperator::default(), None).await?.render())
}

async fn view(
    app: &App,
    me: &SignedIn,
    after: &str,
    form: NewOperator,
    problem: Option<String>,
) -> Result<OperatorsPage, OpError> {
    let found = operator::list(app, &me.actor, after, PAGE).await?;
    let full = i64::try_from(found.len()).unwrap_or_default() == PAGE;
    let example = AddOperator { operator: String::new(), roles: Vec::new() };
    Ok(OperatorsPage {
        frame: me.frame(app, Section::Settings),
        older: found.last().filter(|_| full).map(|row| row.name.clone()),
        operators: found.into_iter().map(row).collect(),
        may_add: app.policies.load().engine().decide(&me.actor, example).is_ok(),
        name: form.name,
        roles: choices(&form.roles),
        problem,
    })
}

fn row(found: Listed) -> OperatorRow {
    OperatorRow {
        name: found.name,
        provider: found.provider,
        roles: found.roles,
        is_active: found.is_active,
        must_change_password: found.must_change_password,
        has_second_factor: found.has_second_factor,
        signed_in_at: found.signed_in_at.map(|at| at.seconds()),
    }
}

/// The roles that the default policies know, and those of an installation's own that are held.
fn choices(held: &[String]) -> Vec<Choice> {
    let is_held = |role: &str| held.iter().any(|found| found == role);
    let choice = |name: &str, meaning: &str| Choice {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        is_chosen: is_held(name),
    };
    let known = |role: &str| ROLES.iter().any(|(name, _)| *name == role);
    let own = held.iter().filter(|role| !known(role)).map(|role| choice(role, "a role of this installation's own"));
    ROLES.iter().map(|(name, meaning)| choice(name, meaning)).chain(own).collect()
}

#[derive(Default, Deserialize)]
struct NewOperator {
    name: String,
    #[serde(default)]
    roles: Vec<String>,
}

async fn add(State(app): State<Arc<App>>, SignedForm(me, form): SignedForm<NewOperator>) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    match operator::add(&app, &me.actor, &me.origin, &form.name, form.roles.clone()).await {
        Ok(password) => one_time_password(&app, &me, form.name, password.as_str()),
        Err(OpError::Conflict(fault)) => {
            page_with(StatusCode::UNPROCESSABLE_ENTITY, view(&app, &me, "", form, Some(fault)).await?.render())
        }
        Err(error) => Err(error.into()),
    }
}

fn one_time_password(app: &App, me: &SignedIn, name: String, password: &str) -> Result<Response, Failure> {
    let name = name.trim().to_ascii_lowercase();
    let frame = me.frame(app, Section::Settings);
    page(OneTimePasswordPage { frame, name, password: password.to_owned() }.render())
}
