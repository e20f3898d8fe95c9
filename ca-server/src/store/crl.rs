//! Published revocation lists: stored in pieces, then made current by one small write.

use ca_core::time::{UnixMicros, UnixTime};
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, Seconds, Sha256};
use super::lease::{self, Lease};
use super::schema::{crl as table, crl_chunk};

/// Octets of a list in one row.
pub const CHUNK: usize = 1 << 20;

/// A revocation list as stored, without its octets.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Crl {
    /// Slug of the issuer.
    pub issuer: String,
    /// The shard.
    pub shard: i64,
    /// The CRL number.
    pub number: i64,
    /// When it was made.
    #[diesel(deserialize_as = Seconds)]
    pub this_update: UnixTime,
    /// When the next one is due.
    #[diesel(deserialize_as = Seconds)]
    pub next_update: UnixTime,
    /// Number of entries.
    pub entries: i64,
    /// Octets of its DER.
    pub size: i64,
    /// SHA-256 of its DER.
    #[diesel(deserialize_as = Hash)]
    pub sha256: Sha256,
    /// Fencing number of the publisher's lease.
    pub fencing: i64,
    /// When it was stored.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// The number of the next list: one more than the last, and at least thisUpdate in microseconds, so that a database
/// restored from a backup does not repeat one.
///
/// # Errors
/// When the database fails.
pub fn next_number(
    connection: &mut Connection,
    issuer: &str,
    shard: i64,
    this_update: UnixMicros,
) -> Result<i64, StoreError> {
    let query = table::table
        .select(table::number)
        .filter(table::issuer.eq(issuer).and(table::shard.eq(shard)))
        .order(table::number.desc());
    let last: Option<i64> = on_each!(connection, |c| query.first(c).optional())?;
    Ok(last.map_or(0, |number| number.saturating_add(1)).max(this_update.micros()))
}

/// Stores what is known of a list, not current yet; its chunks follow.
///
/// # Errors
/// [`StoreError::Conflict`] when its number was used.
pub fn insert(connection: &mut Connection, new: &Crl) -> Result<(), StoreError> {
    let row = (
        table::issuer.eq(&new.issuer),
        table::shard.eq(new.shard),
        table::number.eq(new.number),
        table::this_update.eq(Seconds(new.this_update)),
        table::next_update.eq(Seconds(new.next_update)),
        table::entries.eq(new.entries),
        table::size.eq(new.size),
        table::sha256.eq(Hash(new.sha256)),
        table::fencing.eq(new.fencing),
        table::is_current.eq(false),
        table::created_at.eq(Seconds(new.created_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// Stores the chunk of a position, counted from 0: at most [`CHUNK`] octets. One chunk a write.
///
/// # Errors
/// When the database fails.
pub fn insert_chunk(connection: &mut Connection, crl: &Crl, position: i64, bytes: &[u8]) -> Result<(), StoreError> {
    use crl_chunk as table;
    let row = (
        table::issuer.eq(&crl.issuer),
        table::shard.eq(crl.shard),
        table::number.eq(crl.number),
        table::position.eq(position),
        table::bytes.eq(bytes),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// What came of making a list current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// It is current.
    Done,
    /// The publisher's lease ran out; the list is as it was.
    LeaseLost,
    /// A list with a higher number is current.
    Superseded,
}

/// Makes a stored list the current one of its issuer and shard, if the publisher's lease still runs.
///
/// # Errors
/// [`StoreError::Corrupt`] when a chunk is missing.
pub fn publish(connection: &mut Connection, crl: &Crl, lease: &Lease) -> Result<Publication, StoreError> {
    if !lease::guard(connection, lease)? {
        return Ok(Publication::LeaseLost);
    }
    if current(connection, &crl.issuer, crl.shard)?.is_some_and(|current| current.number >= crl.number) {
        return Ok(Publication::Superseded);
    }
    let chunks = i64::try_from(usize::try_from(crl.size).unwrap_or(0).div_ceil(CHUNK)).unwrap_or(i64::MAX);
    if count_chunks(connection, crl)? != chunks {
        return Err(StoreError::corrupt(format!("CRL {} of {} lacks chunks", crl.number, crl.issuer)));
    }
    replace_current(connection, crl)?;
    Ok(Publication::Done)
}

fn count_chunks(connection: &mut Connection, crl: &Crl) -> Result<i64, StoreError> {
    use crl_chunk as table;
    let query = table::table
        .filter(table::issuer.eq(&crl.issuer).and(table::shard.eq(crl.shard)).and(table::number.eq(crl.number)))
        .count();
    Ok(on_each!(connection, |c| query.get_result(c))?)
}

fn replace_current(connection: &mut Connection, crl: &Crl) -> Result<(), StoreError> {
    let of_shard = || table::table.filter(table::issuer.eq(&crl.issuer).and(table::shard.eq(crl.shard)));
    let retire = diesel::update(of_shard().filter(table::is_current)).set(table::is_current.eq(false));
    on_each!(connection, |c| retire.execute(c))?;
    let promote = diesel::update(of_shard().filter(table::number.eq(crl.number))).set(table::is_current.eq(true));
    on_each!(connection, |c| promote.execute(c))?;
    Ok(())
}

/// The current list of an issuer and shard.
///
/// # Errors
/// When the database fails.
pub fn current(connection: &mut Connection, issuer: &str, shard: i64) -> Result<Option<Crl>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Crl::as_select())
        .filter(table::issuer.eq(issuer).and(table::shard.eq(shard)).and(table::is_current))
        .first(c)
        .optional())?)
}

/// The current lists of all issuers and shards; there are few.
///
/// # Errors
/// When the database fails.
pub fn all_current(connection: &mut Connection) -> Result<Vec<Crl>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Crl::as_select())
        .filter(table::is_current)
        .order((table::issuer, table::shard))
        .load(c))?)
}

/// The chunk of a position, or none behind the last.
///
/// # Errors
/// When the database fails.
pub fn chunk(connection: &mut Connection, crl: &Crl, position: i64) -> Result<Option<Vec<u8>>, StoreError> {
    use crl_chunk as table;
    let query = table::table
        .select(table::bytes)
        .filter(table::issuer.eq(&crl.issuer).and(table::shard.eq(crl.shard)))
        .filter(table::number.eq(crl.number).and(table::position.eq(position)));
    Ok(on_each!(connection, |c| query.first(c).optional())?)
}
