//! ACME orders (RFC 8555 §7.1.3).

use std::collections::HashMap;

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::authorization::{self, Authorization, Holder, NewAuthorization};
use super::connection::{Connection, Kept, insert_rows, on_each};
use super::error::StoreError;
use super::fields::{
    AccountId, AuthorizationId, CertificateId, Finalization, Hash, Name, Names, OptionalSeconds, OrderId, Seconds,
    Sha256, names_text, seconds,
};
use super::schema::acme_order as table;
use super::schema::{acme_authorization, acme_order_authorization};

/// An order as stored. What RFC 8555 calls its status is computed from `finalization`, its authorizations and the time.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Order {
    /// Its id, also in its URL.
    pub id: OrderId,
    /// The ACME endpoint it belongs to.
    pub endpoint: String,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// Name of the certificate profile.
    pub profile: String,
    /// The version of the profile under which it was created.
    #[diesel(deserialize_as = Hash)]
    pub profile_hash: Sha256,
    /// The identifiers, wildcards with their `*.`.
    #[diesel(deserialize_as = Names)]
    pub identifiers: Vec<Name>,
    /// The notBefore that was asked for.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub not_before: Option<UnixTime>,
    /// The notAfter that was asked for.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub not_after: Option<UnixTime>,
    /// The certificate that it replaces (RFC 9773 §5).
    pub replaces: Option<String>,
    /// How far issuance has come.
    pub finalization: Finalization,
    /// Why issuance failed: a problem document in JSON.
    pub problem: Option<String>,
    /// The certificate, once there is one.
    pub certificate_id: Option<CertificateId>,
    /// When it was created.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// Until when it can be finalized.
    #[diesel(deserialize_as = Seconds)]
    pub expires_at: UnixTime,
}

/// An authorization of a new order.
#[derive(Clone, Debug)]
pub enum OrderAuthorization {
    /// Made for this order.
    New(NewAuthorization),
    /// A valid one that the account holds; it must not end before the order.
    Reused(AuthorizationId),
}

/// An order to be stored.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Its id.
    pub id: OrderId,
    /// Endpoint, account, and the times of order and new authorizations alike.
    pub holder: Holder,
    /// Name of the certificate profile.
    pub profile: String,
    /// The profile's version.
    pub profile_hash: Sha256,
    /// The identifiers, wildcards with their `*.`.
    pub identifiers: Vec<Name>,
    /// The notBefore that was asked for.
    pub not_before: Option<UnixTime>,
    /// The notAfter that was asked for.
    pub not_after: Option<UnixTime>,
    /// The certificate that it replaces (RFC 9773 §5).
    pub replaces: Option<String>,
    /// One authorization an identifier.
    pub authorizations: Vec<OrderAuthorization>,
}

/// Stores an order with its new authorizations and their challenges.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, new: &NewOrder) -> Result<(), StoreError> {
    let row = (
        table::id.eq(new.id),
        table::endpoint.eq(&new.holder.endpoint),
        table::account_id.eq(new.holder.account_id),
        table::profile.eq(&new.profile),
        table::profile_hash.eq(Hash(new.profile_hash)),
        table::identifiers.eq(names_text(&new.identifiers)),
        table::not_before.eq(seconds(new.not_before)),
        table::not_after.eq(seconds(new.not_after)),
        table::replaces.eq(&new.replaces),
        table::finalization.eq(Finalization::None),
        table::created_at.eq(Seconds(new.holder.created_at)),
        table::expires_at.eq(Seconds(new.holder.expires_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    insert_authorizations(connection, new)
}

fn insert_authorizations(connection: &mut Connection, new: &NewOrder) -> Result<(), StoreError> {
    use acme_order_authorization as link;
    let made = new.authorizations.iter().filter_map(|authorization| match authorization {
        OrderAuthorization::New(made) => Some(made),
        OrderAuthorization::Reused(_) => None,
    });
    authorization::insert(connection, &new.holder, &made.collect::<Vec<_>>())?;
    let ids = new.authorizations.iter().map(|authorization| match authorization {
        OrderAuthorization::New(made) => made.id,
        OrderAuthorization::Reused(id) => *id,
    });
    let row = |(position, id): (i64, AuthorizationId)| {
        (link::order_id.eq(new.id), link::position.eq(position), link::authorization_id.eq(id))
    };
    insert_rows!(connection, link::table, (0..).zip(ids).map(row).collect::<Vec<_>>());
    Ok(())
}

/// The order of an id and account, with its authorizations in the order of its identifiers.
///
/// # Errors
/// When the database fails.
pub fn by_id(
    connection: &mut Connection,
    account: AccountId,
    id: OrderId,
) -> Result<Option<(Order, Vec<Authorization>)>, StoreError> {
    match on_each!(connection, |c| table::table
        .select(Order::as_select())
        .filter(table::id.eq(id).and(table::account_id.eq(account)))
        .first(c)
        .optional())?
    {
        Some(order) => Ok(Some((order, authorizations(connection, id)?))),
        None => Ok(None),
    }
}

/// The order of an id, of whatever account, for operators.
///
/// # Errors
/// When the database fails.
pub fn find(connection: &mut Connection, id: OrderId) -> Result<Option<Order>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(Order::as_select()).first(c).optional())?)
}

/// The last order of an account, if it is kept.
///
/// # Errors
/// When the database fails.
pub fn last_of(connection: &mut Connection, account: AccountId) -> Result<Option<Order>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Order::as_select())
        .filter(table::account_id.eq(account))
        .order(table::id.desc())
        .first(c)
        .optional())?)
}

fn authorizations(connection: &mut Connection, id: OrderId) -> Result<Vec<Authorization>, StoreError> {
    use acme_order_authorization as link;
    Ok(on_each!(connection, |c| link::table
        .inner_join(acme_authorization::table.on(acme_authorization::id.eq(link::authorization_id)))
        .select(Authorization::as_select())
        .filter(link::order_id.eq(id))
        .order(link::position)
        .load(c))?)
}

/// Which orders are looked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these ACME endpoints.
    pub endpoints: Vec<String>,
    /// Of this account.
    pub account: Option<AccountId>,
}

/// An order with its authorizations in the order of its identifiers.
pub type Loaded = (Order, Vec<Authorization>);

/// Orders, the newest first, below a given one.
///
/// # Errors
/// When the database fails.
pub fn page(
    connection: &mut Connection,
    filter: &Filter,
    below: Option<OrderId>,
    limit: i64,
) -> Result<Vec<Loaded>, StoreError> {
    let below = below.unwrap_or(OrderId::new(uuid::Uuid::max()));
    let orders: Vec<Order> = on_each!(connection, |c| {
        let mut query = table::table
            .select(Order::as_select())
            .filter(table::id.lt(below))
            .order(table::id.desc())
            .limit(limit)
            .into_boxed();
        query = match filter.endpoints.as_slice() {
            // One is the beginning of an index, several are not.
            [only] => query.filter(table::endpoint.eq(only)),
            several => query.filter(table::endpoint.eq_any(several)),
        };
        if let Some(account) = filter.account {
            query = query.filter(table::account_id.eq(account));
        }
        query.load(c)
    })?;
    let mut authorizations = authorizations_of(connection, &orders)?;
    Ok(orders
        .into_iter()
        .map(|order| {
            let own = authorizations.remove(&order.id).unwrap_or_default();
            (order, own)
        })
        .collect())
}

fn authorizations_of(
    connection: &mut Connection,
    orders: &[Order],
) -> Result<HashMap<OrderId, Vec<Authorization>>, StoreError> {
    use acme_order_authorization as link;
    let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
    let rows: Vec<(OrderId, Authorization)> = on_each!(connection, |c| link::table
        .inner_join(acme_authorization::table.on(acme_authorization::id.eq(link::authorization_id)))
        .select((link::order_id, Authorization::as_select()))
        .filter(link::order_id.eq_any(&ids))
        .order((link::order_id, link::position))
        .load(c))?;
    let mut grouped: HashMap<OrderId, Vec<Authorization>> = HashMap::new();
    for (order, authorization) in rows {
        grouped.entry(order).or_default().push(authorization);
    }
    Ok(grouped)
}

/// The order of an id, whosever it is.
///
/// # Errors
/// When the database fails.
pub fn of_any_account(connection: &mut Connection, id: OrderId) -> Result<Option<Loaded>, StoreError> {
    match find(connection, id)? {
        Some(order) => Ok(Some((order, authorizations(connection, id)?))),
        None => Ok(None),
    }
}

/// Ids of the orders of an account that are of use to it, after a given one (RFC 8555 §7.1.2.1): not failed, and issued
/// or unexpired.
///
/// # Errors
/// When the database fails.
pub fn list(
    connection: &mut Connection,
    account: AccountId,
    now: UnixTime,
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<OrderId>, StoreError> {
    let after = after.unwrap_or(OrderId::new(uuid::Uuid::nil()));
    let issued = table::finalization.eq(Finalization::Issued);
    let query = table::table
        .select(table::id)
        .filter(table::account_id.eq(account).and(table::id.gt(after)))
        .filter(table::finalization.ne(Finalization::Failed).and(issued.or(table::expires_at.gt(Seconds(now)))))
        .order(table::id)
        .limit(limit);
    Ok(on_each!(connection, |c| query.load(c))?)
}

/// Ends an order without a certificate, with a problem document in JSON; answers whether it stood at `from`.
///
/// # Errors
/// When the database fails.
pub fn fail(connection: &mut Connection, id: OrderId, from: Finalization, problem: &str) -> Result<bool, StoreError> {
    let current = table::table.filter(table::id.eq(id).and(table::finalization.eq(from)));
    let update =
        diesel::update(current).set((table::finalization.eq(Finalization::Failed), table::problem.eq(problem)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Moves an order from one finalization to another; answers whether it stood at `from`.
pub(super) fn advance(
    connection: &mut Connection,
    id: OrderId,
    from: Finalization,
    to: Finalization,
) -> Result<bool, StoreError> {
    let current = table::table.filter(table::id.eq(id).and(table::finalization.eq(from)));
    let update = diesel::update(current).set(table::finalization.eq(to));
    Ok(on_each!(connection, |c| Kept(update).execute(c))? == 1)
}

/// Ends an order that is being processed with its certificate; answers whether it was.
pub(super) fn issue(connection: &mut Connection, id: OrderId, certificate: CertificateId) -> Result<bool, StoreError> {
    let current = table::table.filter(table::id.eq(id).and(table::finalization.eq(Finalization::Processing)));
    let update = diesel::update(current)
        .set((table::finalization.eq(Finalization::Issued), table::certificate_id.eq(certificate)));
    Ok(on_each!(connection, |c| Kept(update).execute(c))? == 1)
}
