//! `/clients`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use web_ui::clients::{EndpointView, OrderRow, OrderState, OrdersFilter, OrdersPage};
use web_ui::frame::Section;

use super::LIMIT;
use crate::app::App;
use crate::http::ui::failure::Failure;
use crate::http::ui::page::page;
use crate::http::ui::query::Query;
use crate::http::ui::recipes;
use crate::http::ui::signed_in::SignedIn;
use crate::ops::acme::inspect::endpoints::{self, EndpointSeen};
use crate::ops::acme::inspect::orders::{self, OrderFilter, OrderSeen, OrderStatus};

pub(super) async fn list(State(app): State<Arc<App>>, me: SignedIn, uri: Uri) -> Result<Response, Failure> {
    let query = Query::of(&uri);
    let filter = OrderFilter {
        endpoint: query.value("endpoint"),
        account: query.value("account"),
        // A status that is none narrows nothing.
        status: query.value("status").and_then(|status| status.parse().ok()),
        name: query.value("name").map(|name| name.to_ascii_lowercase()),
    };
    let found = orders::list(&app, &me.actor, &filter, query.after().as_deref(), LIMIT).await?;
    let view = OrdersPage {
        frame: me.frame(&app, Section::Clients),
        endpoints: endpoints::list(&app, &me.actor)?.into_iter().map(endpoint).collect(),
        filter: OrdersFilter {
            name: query.text("name"),
            status: query.text("status"),
            endpoint: query.text("endpoint"),
            account: query.text("account"),
        },
        newest: query.newest(),
        older: query.older(found.next.as_deref()),
        orders: found.items.into_iter().map(row).collect(),
        recipes: recipes::clients(&app),
    };
    page(view.render())
}

fn endpoint(found: EndpointSeen) -> EndpointView {
    EndpointView {
        name: found.name,
        directory: found.directory,
        issuer: found.issuer,
        profiles: found.profiles,
        needs_binding: found.external_account_required,
    }
}

pub(super) fn row(found: OrderSeen) -> OrderRow {
    OrderRow {
        id: found.id,
        endpoint: found.endpoint,
        names: found.identifiers,
        state: state(found.status),
        problem: found.problem.map(|problem| problem.detail().to_owned()),
        profile: found.profile,
        created_at: found.created_at.seconds(),
    }
}

pub(super) fn state(status: OrderStatus) -> OrderState {
    match status {
        OrderStatus::Pending => OrderState::Pending,
        OrderStatus::Ready => OrderState::Ready,
        OrderStatus::Processing => OrderState::Processing,
        OrderStatus::Valid => OrderState::Valid,
        OrderStatus::Invalid => OrderState::Invalid,
    }
}
