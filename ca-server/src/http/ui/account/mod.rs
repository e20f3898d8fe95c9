//! `/account`: an operator's own password, sessions and tokens.

mod password;
mod second_factor;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use web_ui::account::{AccountPage, SessionRow, TokenRow};
use web_ui::frame::Section;

use super::failure::Failure;
use super::form::SignedForm;
use super::page::page;
use super::signed_in::SignedIn;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::operator::session::{self, Ended};
use crate::ops::operator::token;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/account", get(account))
        .route("/account/password", get(password::form).post(password::change))
        .route("/account/second-factor", get(second_factor::show))
        .route("/account/second-factor/begin", post(second_factor::begin))
        .route("/account/second-factor/confirm", post(second_factor::confirm))
        .route("/account/second-factor/remove", post(second_factor::remove))
        .route("/account/sessions/end", post(end_others))
        .route("/account/sessions/{id}/end", post(end_session))
        .route("/account/tokens/new", get(tokens::form).post(tokens::create))
        .route("/account/tokens/{id}/revoke", post(tokens::revoke))
}

/// A form of one button.
#[derive(Deserialize)]
pub(super) struct Nothing {}

async fn account(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    let sessions = session::list(&app, me.operator.id).await?;
    let tokens = token::list(&app, me.operator.id).await?;
    let view = AccountPage {
        frame: me.frame(&app, Section::Elsewhere),
        has_password: me.operator.has_password,
        has_second_factor: me.operator.has_second_factor,
        sessions: sessions.into_iter().map(|row| session_row(Some(&me), row)).collect(),
        tokens: tokens.into_iter().map(token_row).collect(),
    };
    page(view.render())
}

/// `me` is whose list it is and who looks at it.
pub(super) fn session_row(me: Option<&SignedIn>, row: session::Listed) -> SessionRow {
    SessionRow {
        is_this: me.is_some_and(|me| row.id == me.session.id),
        id: row.id.to_string(),
        method: row.method,
        address: row.address,
        user_agent: row.user_agent,
        created_at: row.created_at.seconds(),
        seen_at: row.seen_at.seconds(),
    }
}

pub(super) fn token_row(row: token::Listed) -> TokenRow {
    TokenRow {
        id: row.id.to_string(),
        name: row.name,
        roles: row.roles,
        scopes: row.scopes,
        created_at: row.created_at.seconds(),
        expires_at: row.expires_at.seconds(),
        last_used_at: row.last_used_at.map(|at| at.seconds()),
        is_in_force: row.is_in_force,
    }
}

async fn end_session(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    let id = id.parse().map_err(|_| OpError::NotFound("there is no such open session".to_owned()))?;
    session::revoke(&app, &me.actor, &me.origin, me.operator.id, Ended::One(id)).await?;
    Ok(Redirect::to("/account").into_response())
}

async fn end_others(
    State(app): State<Arc<App>>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    session::revoke(&app, &me.actor, &me.origin, me.operator.id, Ended::AllBut(Some(me.session.id))).await?;
    Ok(Redirect::to("/account").into_response())
}
