//! ACME orders as operators see them: the list, with what stands against each.

use std::collections::HashMap;

use ca_core::acme::Problem;
pub use ca_core::acme::order::OrderStatus;
use ca_core::policy::Actor;
use ca_core::time::UnixTime;

use super::permitted_endpoints;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::order::OrderView;
use crate::ops::listing::{self, Listing};
use crate::store::challenge;
use crate::store::fields::{AccountId, AuthorizationId, OrderId};
use crate::store::order::{self, Filter, Loaded};

/// Which orders are looked for; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Of this ACME endpoint.
    pub endpoint: Option<String>,
    /// Of this account.
    pub account: Option<String>,
    /// With this status now.
    pub status: Option<OrderStatus>,
    /// For this name, as it was ordered.
    pub name: Option<String>,
}

impl OrderFilter {
    /// Whether orders are looked at one after the other, because no index knows what is asked for.
    fn is_looked_through(&self) -> bool {
        self.status.is_some() || self.name.is_some()
    }
}

/// An order.
#[derive(Clone, Debug)]
pub struct OrderSeen {
    /// Its id.
    pub id: String,
    /// Its ACME endpoint.
    pub endpoint: String,
    /// Its account.
    pub account: String,
    /// The certificate profile.
    pub profile: String,
    /// Names ordered, as `dns:www.example.org`.
    pub identifiers: Vec<String>,
    /// RFC 8555 §7.1.6, at this moment.
    pub status: OrderStatus,
    /// What the account was told of why there will be no certificate, if it was told anything.
    pub problem: Option<Problem>,
    /// The certificate.
    pub certificate: Option<String>,
    /// When it was made.
    pub created_at: UnixTime,
    /// Until when it can be finalized.
    pub expires_at: UnixTime,
}

/// Orders looked at for one page: a rare status is looked for in several.
const LOOKED_AT: usize = 2_000;

/// Orders read at once.
const CHUNK: i64 = 500;

/// One page of the orders, newest first. A page may hold fewer than `limit`, even none, and still have a next one: the
/// status depends on the time, so orders are looked at one after the other, and so many only.
///
/// # Errors
/// When there is no such endpoint, the key is none, the policy denies it or the database fails.
pub async fn list(
    app: &App,
    actor: &Actor,
    filter: &OrderFilter,
    after: Option<&str>,
    limit: i64,
) -> Result<Listing<OrderSeen>, OpError> {
    let endpoints = permitted_endpoints(app, actor, filter.endpoint.as_deref())?;
    let below: Option<OrderId> = after.map(listing::parse).transpose()?;
    let Ok(account) = filter.account.as_deref().map(str::parse::<AccountId>).transpose() else {
        return Ok(Listing { items: Vec::new(), next: None });
    };
    let mut found = look_through(app, filter, Filter { endpoints, account }, below, limit).await?;
    tell_problems(app, &mut found.items).await?;
    Ok(found.map(|(order, _)| order))
}

/// With its authorizations, where the problem may stand.
type Proved = (OrderSeen, Vec<AuthorizationId>);

async fn look_through(
    app: &App,
    filter: &OrderFilter,
    wanted: Filter,
    mut below: Option<OrderId>,
    limit: i64,
) -> Result<Listing<Proved>, OpError> {
    let chunk = if filter.is_looked_through() { CHUNK } else { limit.saturating_add(1) };
    let limit = usize::try_from(limit).unwrap_or_default();
    let (mut items, mut looked_at) = (Vec::new(), 0);
    loop {
        let search = wanted.clone();
        let rows = app.store.read(move |c| order::page(c, &search, below, chunk)).await?;
        let last_chunk = i64::try_from(rows.len()).is_ok_and(|length| length < chunk);
        for (place, loaded) in rows.iter().enumerate() {
            below = Some(loaded.0.id);
            let seen = seen(app, loaded.clone())?;
            if matches(filter, &seen) {
                items.push((seen, loaded.1.iter().map(|authorization| authorization.id).collect()));
            }
            if items.len() == limit {
                let more = !last_chunk || place.saturating_add(1) < rows.len();
                return Ok(Listing { items, next: below.filter(|_| more).map(|id| id.to_string()) });
            }
        }
        looked_at += rows.len();
        if last_chunk || looked_at >= LOOKED_AT {
            return Ok(Listing { items, next: below.filter(|_| !last_chunk).map(|id| id.to_string()) });
        }
    }
}

fn matches(filter: &OrderFilter, order: &OrderSeen) -> bool {
    let value = |identifier: &String| identifier.split_once(':').map(|(_, value)| value.to_owned());
    let names = |name: &String| order.identifiers.iter().any(|one| one == name || value(one).as_ref() == Some(name));
    filter.status.is_none_or(|status| order.status == status) && filter.name.as_ref().is_none_or(names)
}

/// Orders whose proof failed are told why by the challenge that did.
async fn tell_problems(app: &App, orders: &mut [Proved]) -> Result<(), OpError> {
    let untold = |order: &OrderSeen| order.status == OrderStatus::Invalid && order.problem.is_none();
    let of: Vec<AuthorizationId> =
        orders.iter().filter(|(order, _)| untold(order)).flat_map(|(_, own)| own.iter().copied()).collect();
    if of.is_empty() {
        return Ok(());
    }
    let failed = app.store.read(move |c| challenge::failed_of(c, &of)).await?;
    let problems: HashMap<AuthorizationId, Problem> = failed
        .into_iter()
        .filter_map(|challenge| Some((challenge.authorization_id, read_problem(challenge.problem.as_deref())?)))
        .collect();
    for (order, own) in orders.iter_mut().filter(|(order, _)| untold(order)) {
        order.problem = own.iter().find_map(|id| problems.get(id)).cloned();
    }
    Ok(())
}

/// A problem document as it is stored.
pub(super) fn read_problem(stored: Option<&str>) -> Option<Problem> {
    stored.and_then(|text| serde_json::from_str(text).ok())
}

/// An order at this moment.
pub(super) fn seen(app: &App, loaded: Loaded) -> Result<OrderSeen, OpError> {
    let OrderView { order, status, .. } = OrderView::of(Some(loaded), app.clock.now())?;
    Ok(OrderSeen {
        id: order.id.to_string(),
        endpoint: order.endpoint,
        account: order.account_id.to_string(),
        profile: order.profile,
        identifiers: order.identifiers.iter().map(|name| format!("{}:{}", name.kind, name.value)).collect(),
        status,
        problem: read_problem(order.problem.as_deref()),
        certificate: order.certificate_id.map(|id| id.to_string()),
        created_at: order.created_at,
        expires_at: order.expires_at,
    })
}
