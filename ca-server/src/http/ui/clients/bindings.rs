//! `/clients/bindings`: making one, shown once, and withdrawing it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use ca_core::policy::action::{CreateExternalAccount, RevokeExternalAccount};
use serde::Deserialize;
use web_ui::clients::{BindingMadePage, BindingRow, BindingState, BindingsPage};
use web_ui::frame::Section;

use super::{LIMIT, endpoints};
use crate::app::App;
use crate::http::ui::account::Nothing;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::{page, page_with};
use crate::http::ui::query::Query;
use crate::http::ui::recipes;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::OpError;
use crate::ops::external_account::{self, BindingState as Seen, Created, Listed};

pub(super) async fn list(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    page(view(&app, &me, &Query::of(&uri)).await?.render())
}

async fn view(app: &App, me: &SignedIn, query: &Query) -> Result<BindingsPage, OpError> {
    let endpoint = query.value("endpoint");
    let state = query.value("status").and_then(|status| known_state(&status));
    let found =
        external_account::page(app, &me.actor, endpoint.as_deref(), state, query.after().as_deref(), LIMIT).await?;
    let known = endpoints(app);
    let first = known.first().cloned().unwrap_or_default();
    let engine = app.policies.load();
    let create = CreateExternalAccount { endpoint: first.clone() };
    let revoke = RevokeExternalAccount { endpoint: first, kid: String::new() };
    Ok(BindingsPage {
        frame: me.frame(app, Section::Clients),
        endpoints: known,
        endpoint: query.text("endpoint"),
        status: query.text("status"),
        newest: query.newest(),
        older: query.older(found.next.as_deref()),
        bindings: found.items.into_iter().map(row).collect(),
        no_create: engine.engine().decide(&me.actor, create).err().map(|denied| denied.to_string()),
        may_revoke: engine.engine().decide(&me.actor, revoke).is_ok(),
        name: String::new(),
        problem: None,
    })
}

fn known_state(status: &str) -> Option<Seen> {
    Some(match status {
        "unused" => Seen::Unused,
        "bound" => Seen::Bound,
        "expired" => Seen::Expired,
        "revoked" => Seen::Revoked,
        _ => return None,
    })
}

fn row(found: Listed) -> BindingRow {
    BindingRow {
        kid: found.kid,
        endpoint: found.endpoint,
        name: found.name,
        state: match found.status {
            "revoked" => BindingState::Revoked,
            "bound" => BindingState::Bound,
            "expired" => BindingState::Expired,
            _ => BindingState::Unused,
        },
        created_by: found.created_by,
        created_at: found.created_at.seconds(),
        expires_at: found.expires_at.map(|at| at.seconds()),
        account: found.account,
    }
}

#[derive(Deserialize)]
pub(super) struct NewBinding {
    name: String,
    to: Option<String>,
    days: Option<u32>,
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    SignedForm(me, form): SignedForm<NewBinding>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let first = || endpoints(&app).into_iter().next().unwrap_or_default();
    let endpoint = form.to.clone().unwrap_or_else(first);
    let expires = form.days.map(|days| Duration::from_secs(u64::from(days) * 86_400));
    let name = form.name.trim();
    match external_account::create(&app, &me.actor, &me.origin, &endpoint, name, expires).await {
        Ok(made) => page(made_page(&app, &me, &endpoint, name, &made).render()),
        Err(OpError::Conflict(fault)) => {
            let blank = view(&app, &me, &Query::of(&Uri::from_static("/clients/bindings"))).await?;
            let again = BindingsPage { name: form.name, problem: Some(fault), ..blank };
            page_with(StatusCode::UNPROCESSABLE_ENTITY, again.render())
        }
        Err(error) => Err(error.into()),
    }
}

fn made_page(app: &App, me: &SignedIn, endpoint: &str, name: &str, made: &Created) -> BindingMadePage {
    let settings = app.endpoint(endpoint);
    let recipes = settings.map(|settings| recipes::bound_clients(app, settings, &made.kid, &made.hmac_key));
    BindingMadePage {
        frame: me.frame(app, Section::Clients),
        name: name.to_owned(),
        kid: made.kid.clone(),
        hmac_key: made.hmac_key.to_string(),
        recipes: recipes.unwrap_or_default(),
    }
}

pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    Path(kid): Path<String>,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    external_account::revoke(&app, &me.actor, &me.origin, &kid).await?;
    Ok(Redirect::to("/clients/bindings").into_response())
}
