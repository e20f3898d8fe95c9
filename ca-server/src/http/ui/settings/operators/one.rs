//! `/settings/operators/{name}`: one operator, and what is done about them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use ca_core::policy::action::{ChangeRoles, DisableOperator};
use serde::Deserialize;
use web_ui::frame::Section;
use web_ui::settings::OperatorPage;

use super::{choices, one_time_password, row};
use crate::app::App;
use crate::http::ui::account::{Nothing, session_row, token_row};
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::page;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::operator::session::{self, Ended};
use crate::ops::operator::{self, roles, token};

pub(super) async fn show(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    me: SignedIn,
) -> Result<Response, Failure> {
    let (id, found) = operator::one(&app, &me.actor, &name).await?;
    let sessions = session::list(&app, id).await?;
    let tokens = token::list_of(&app, &me.actor, id).await?;
    let engine = app.policies.load();
    let change = ChangeRoles { operator: found.name.clone(), roles: found.roles.clone() };
    let disable = DisableOperator { operator: found.name.clone() };
    let view = OperatorPage {
        frame: me.frame(&app, Section::Settings),
        roles: choices(&found.roles),
        roles_refusal: engine.engine().decide(&me.actor, change).err().map(|denied| denied.to_string()),
        may_change: engine.engine().decide(&me.actor, disable).is_ok(),
        operator: row(found),
        sessions: sessions.into_iter().map(|found| session_row(None, found)).collect(),
        tokens: tokens.into_iter().map(token_row).collect(),
    };
    page(view.render())
}

fn back_to(name: &str) -> Response {
    Redirect::to(&format!("/settings/operators/{name}")).into_response()
}

#[derive(Deserialize)]
pub(super) struct Roles {
    #[serde(default)]
    roles: Vec<String>,
}

pub(super) async fn change_roles(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    SignedForm(me, form): SignedForm<Roles>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    roles::change(&app, &me.actor, &me.origin, &name, form.roles).await?;
    Ok(back_to(&name))
}

pub(super) async fn disable(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    operator::disable(&app, &me.actor, &me.origin, &name).await?;
    Ok(back_to(&name))
}

pub(super) async fn enable(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    operator::enable(&app, &me.actor, &me.origin, &name).await?;
    Ok(back_to(&name))
}

pub(super) async fn reset_password(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let password = operator::reset_password(&app, &me.actor, &me.origin, &name).await?;
    one_time_password(&app, &me, name, password.as_str())
}

pub(super) async fn end_sessions(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let (id, _) = operator::one(&app, &me.actor, &name).await?;
    session::revoke(&app, &me.actor, &me.origin, id, Ended::AllBut(None)).await?;
    Ok(back_to(&name))
}

pub(super) async fn revoke_token(
    State(app): State<Arc<App>>,
    Path((name, id)): Path<(String, String)>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let (of, _) = operator::one(&app, &me.actor, &name).await?;
    token::revoke(&app, &me.actor, &me.origin, of, &id).await?;
    Ok(back_to(&name))
}
