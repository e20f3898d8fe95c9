//! Leases: which of several servers does something that only one may do.
//!
//! They run by the database's clock, the only one that all servers share. Each new holder gets a higher fencing number,
//! and what the holder publishes is guarded by it: a server that slept through the end of its lease changes nothing.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::connection::{Connection, Engine, on_each};
use super::error::StoreError;

/// A lease that its holder has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is for.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// Higher than that of every holder before.
    pub fencing: i64,
}

#[derive(QueryableByName)]
struct Fencing {
    #[diesel(sql_type = BigInt)]
    fencing: i64,
}

/// Microseconds since 1970 by the database's clock.
const fn now(connection: &Connection) -> &'static str {
    match connection.0 {
        Engine::Sqlite(_) => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        Engine::Postgres(_) => "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
    }
}

/// Takes or renews a lease. Answers none while another holder's runs. A renewal keeps the fencing number, a lease that
/// had run out gets a new one even for the same holder.
///
/// # Errors
/// When the database fails.
pub fn acquire(
    connection: &mut Connection,
    name: &str,
    holder: &str,
    duration: Duration,
) -> Result<Option<Lease>, StoreError> {
    let now = now(connection);
    let statement = format!(
        "INSERT INTO lease (name, holder, fencing, expires_at_micros) VALUES ($1, $2, 1, {now} + $3) \
         ON CONFLICT (name) DO UPDATE SET \
         fencing = CASE WHEN lease.holder = excluded.holder AND lease.expires_at_micros > {now} \
         THEN lease.fencing ELSE lease.fencing + 1 END, \
         holder = excluded.holder, expires_at_micros = excluded.expires_at_micros \
         WHERE lease.holder = excluded.holder OR lease.expires_at_micros <= {now} RETURNING fencing"
    );
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 2);
    let taken: Option<Fencing> = on_each!(connection, |c| diesel::sql_query(statement)
        .bind::<Text, _>(name)
        .bind::<Text, _>(holder)
        .bind::<BigInt, _>(micros)
        .get_result(c)
        .optional())?;
    Ok(taken.map(|row| Lease { name: name.to_owned(), holder: holder.to_owned(), fencing: row.fencing }))
}

/// Whether a lease still runs under its fencing number. On PostgreSQL nobody can take it until the transaction ends.
///
/// # Errors
/// When the database fails.
pub fn guard(connection: &mut Connection, lease: &Lease) -> Result<bool, StoreError> {
    change(connection, lease, "expires_at_micros")
}

/// Gives a lease up, so that another server need not wait for its end.
///
/// # Errors
/// When the database fails.
pub fn release(connection: &mut Connection, lease: &Lease) -> Result<bool, StoreError> {
    change(connection, lease, "0")
}

fn change(connection: &mut Connection, lease: &Lease, expires_at: &str) -> Result<bool, StoreError> {
    let statement = format!(
        "UPDATE lease SET expires_at_micros = {expires_at} \
         WHERE name = $1 AND holder = $2 AND fencing = $3 AND expires_at_micros > {}",
        now(connection)
    );
    let changed = on_each!(connection, |c| diesel::sql_query(statement)
        .bind::<Text, _>(&lease.name)
        .bind::<Text, _>(&lease.holder)
        .bind::<BigInt, _>(lease.fencing)
        .execute(c))?;
    Ok(changed == 1)
}
