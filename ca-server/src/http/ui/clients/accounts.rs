//! `/clients/accounts`, one account, and closing it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect, Response};
use ca_core::policy::action::DeactivateAccount;
use web_ui::clients::{AccountPage, AccountRow, AccountState, AccountsPage, CloseAccountPage};
use web_ui::frame::Section;

use super::{LIMIT, endpoints, orders};
use crate::app::App;
use crate::http::ui::account::Nothing;
use crate::http::ui::failure::Failure;
use crate::http::ui::form::SignedForm;
use crate::http::ui::page::page;
use crate::http::ui::query::Query;
use crate::http::ui::recipes;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::acme::inspect::accounts::{self, AccountFilter, AccountSeen, AccountState as Seen};
use crate::ops::acme::inspect::orders::{self as inspected, OrderFilter};

pub(super) async fn list(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    let query = Query::of(&uri);
    let filter = AccountFilter {
        endpoint: query.value("endpoint"),
        state: query.value("status").and_then(|status| known_state(&status)),
        binding: query.value("binding"),
    };
    let found = accounts::list(&app, &me.actor, &filter, query.after().as_deref(), LIMIT).await?;
    let view = AccountsPage {
        frame: me.frame(&app, Section::Clients),
        endpoints: endpoints(&app),
        endpoint: query.text("endpoint"),
        status: query.text("status"),
        binding: query.text("binding"),
        newest: query.newest(),
        older: query.older(found.next.as_deref()),
        accounts: found.items.iter().map(row).collect(),
        recipes: recipes::clients(&app),
    };
    page(view.render())
}

fn known_state(status: &str) -> Option<Seen> {
    [Seen::Valid, Seen::Deactivated, Seen::Revoked].into_iter().find(|state| state.to_string() == status)
}

fn row(found: &AccountSeen) -> AccountRow {
    AccountRow {
        id: found.id.clone(),
        endpoint: found.endpoint.clone(),
        state: match found.state {
            Seen::Valid => AccountState::Valid,
            Seen::Deactivated => AccountState::Deactivated,
            Seen::Revoked => AccountState::Revoked,
        },
        contacts: found.contacts.clone(),
        created_from: found.created_from.clone(),
        created_at: found.created_at.seconds(),
    }
}

type Place = Path<(String, String)>;

pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path((endpoint, id)): Place,
    me: SignedIn,
    uri: Uri,
) -> Result<Response, Failure> {
    let found = accounts::one(&app, &me.actor, &id).await?;
    if found.endpoint != endpoint {
        return Ok(Redirect::to(&path(&found)).into_response());
    }
    let query = Query::of(&uri);
    let filter = OrderFilter { account: Some(found.id.clone()), ..OrderFilter::default() };
    let listed = inspected::list(&app, &me.actor, &filter, query.after().as_deref(), LIMIT).await?;
    let close = DeactivateAccount { endpoint: found.endpoint.clone(), account: found.id.clone() };
    let view = AccountPage {
        frame: me.frame(&app, Section::Clients),
        account: row(&found),
        key_thumbprint: found.key_thumbprint,
        binding: found.binding,
        terms_agreed_at: found.terms_agreed_at.map(|at| at.seconds()),
        newest: query.newest(),
        older: query.older(listed.next.as_deref()),
        orders: listed.items.into_iter().map(orders::row).collect(),
        no_close: app.policies.load().engine().decide(&me.actor, close).err().map(|denied| denied.to_string()),
    };
    page(view.render())
}

fn path(found: &AccountSeen) -> String {
    format!("/clients/{}/accounts/{}", found.endpoint, found.id)
}

pub(super) async fn ask_to_close(
    State(app): State<Arc<App>>,
    Path((_, id)): Place,
    me: SignedIn,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    let found = accounts::one(&app, &me.actor, &id).await?;
    page(CloseAccountPage { frame: me.frame(&app, Section::Clients), account: row(&found) }.render())
}

pub(super) async fn close(
    State(app): State<Arc<App>>,
    Path((_, id)): Place,
    SignedForm(me, Nothing {}): SignedForm<Nothing>,
) -> Result<Response, Failure> {
    if let Err(elsewhere) = me.recently_proved(&app) {
        return Ok(elsewhere);
    }
    accounts::close(&app, &me.actor, &me.origin, &id).await?;
    let found = accounts::one(&app, &me.actor, &id).await?;
    Ok(Redirect::to(&path(&found)).into_response())
}
