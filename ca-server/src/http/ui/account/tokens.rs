//! `/account/tokens`: making a token, shown once, and revoking it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use web_ui::account::{Choice, NewTokenPage, TokenMadePage};
use web_ui::frame::Section;

use super::Nothing;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page, page_with};
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::operator::token::{self, Asked};
use crate::ops::operator::{ROLES, SCOPES};

pub(super) async fn form(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let form = NewToken { scopes: vec!["read".to_owned()], ..NewToken::default() };
    page(view(&app, &me, form, None).render())
}

#[derive(Default, Deserialize)]
pub(super) struct NewToken {
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    days: u32,
}

fn view(app: &App, me: &SignedIn, form: NewToken, problem: Option<String>) -> NewTokenPage {
    let meaning = |role: &str| ROLES.iter().find(|(known, _)| *known == role).map_or("", |(_, meaning)| meaning);
    let choice = |name: &str, meaning: &str, chosen: &[String]| Choice {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        is_chosen: chosen.iter().any(|found| found == name),
    };
    NewTokenPage {
        frame: me.frame(app, Section::Elsewhere),
        roles: me.operator.roles.iter().map(|role| choice(role, meaning(role), &form.roles)).collect(),
        scopes: SCOPES.iter().map(|(scope, meaning)| choice(scope, meaning, &form.scopes)).collect(),
        name: form.name,
        problem,
    }
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    SignedForm(me, form): SignedForm<NewToken>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let asked = Asked {
        name: form.name.clone(),
        roles: form.roles.clone(),
        scopes: form.scopes.clone(),
        lifetime: Duration::from_secs(u64::from(form.days) * 86_400),
    };
    match token::create(&app, &me.session, &me.origin, asked).await {
        Ok(made) => page(made_page(&app, &me, form.name, made.as_str()).render()),
        Err(OpError::Conflict(fault)) => {
            page_with(StatusCode::UNPROCESSABLE_ENTITY, view(&app, &me, form, Some(fault)).render())
        }
        Err(error) => Err(error.into()),
    }
}

fn made_page(app: &App, me: &SignedIn, name: String, token: &str) -> TokenMadePage {
    let url = app.settings.server.public_url.join("/api/v1/me");
    TokenMadePage {
        frame: me.frame(app, Section::Elsewhere),
        name,
        token: token.to_owned(),
        example: format!("curl --cacert root.pem -H \"Authorization: Bearer $TOKEN\" {url}"),
    }
}

pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    token::revoke(&app, &me.actor, &me.origin, me.operator.id, &id).await?;
    Ok(Redirect::to("/account").into_response())
}
