//! What failed lately in ACME: validations that did not succeed, and orders that ended without a certificate.

use ca_core::time::UnixTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{AuthorizationId, OrderId, first_uuid};
use super::schema::{acme_authorization, acme_order};

/// When what failed was begun: newest first, from an instant on, at most `limit` of each kind.
///
/// # Errors
/// When the database fails.
pub fn since(connection: &mut Connection, from: UnixTime, limit: i64) -> Result<Vec<UnixTime>, StoreError> {
    let mut times = invalid_authorizations(connection, from, limit)?;
    times.extend(failed_orders(connection, from, limit)?);
    Ok(times)
}

fn invalid_authorizations(
    connection: &mut Connection,
    from: UnixTime,
    limit: i64,
) -> Result<Vec<UnixTime>, StoreError> {
    use acme_authorization as table;
    // The condition of the partial index, word for word.
    let invalid = sql::<Bool>("state = 'invalid'").and(table::id.ge(AuthorizationId::new(first_uuid(from))));
    let query = table::table.select(table::id).filter(invalid).order(table::id.desc()).limit(limit);
    let ids: Vec<AuthorizationId> = on_each!(connection, |c| query.load(c))?;
    Ok(ids.into_iter().filter_map(|id| made_at(id.uuid())).collect())
}

fn failed_orders(connection: &mut Connection, from: UnixTime, limit: i64) -> Result<Vec<UnixTime>, StoreError> {
    use acme_order as table;
    let failed = sql::<Bool>("finalization = 'failed'").and(table::id.ge(OrderId::new(first_uuid(from))));
    let query = table::table.select(table::id).filter(failed).order(table::id.desc()).limit(limit);
    let ids: Vec<OrderId> = on_each!(connection, |c| query.load(c))?;
    Ok(ids.into_iter().filter_map(|id| made_at(id.uuid())).collect())
}

/// A UUIDv7 says when it was made.
fn made_at(id: uuid::Uuid) -> Option<UnixTime> {
    let (seconds, _) = id.get_timestamp()?.to_unix();
    Some(UnixTime::from_seconds(i64::try_from(seconds).ok()?))
}
