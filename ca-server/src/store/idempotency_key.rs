//! Requests that are done once, by who asked and the key that they chose.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, OptionalSeconds, Seconds, Sha256};
use super::schema::idempotency_key as table;
use super::sealed::Place;

/// A request with a key, as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct IdempotencyKey {
    /// Digest of the request.
    #[diesel(deserialize_as = Hash)]
    pub request_digest: Sha256,
    /// Status of its answer.
    pub status: Option<i64>,
    /// Content type of its answer.
    pub content_type: Option<String>,
    /// `Location` of its answer.
    pub location: Option<String>,
    /// Body of its answer, sealed for [`body_place`].
    pub body: Option<Vec<u8>>,
    /// When it began.
    #[diesel(deserialize_as = Seconds)]
    pub started_at: UnixTime,
    /// When its answer was recorded.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub finished_at: Option<UnixTime>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: i64,
    /// Content type.
    pub content_type: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// Body, sealed for [`body_place`].
    pub body: Vec<u8>,
}

/// Where a body is sealed; `row` is what [`row_name`] makes.
pub fn body_place(row: &str) -> Place<'_> {
    Place { table: "idempotency_key", column: "body", row }
}

/// The primary key as text. An actor's text holds no space.
pub fn row_name(actor: &str, key: &str) -> String {
    format!("{actor} {key}")
}

/// Takes the key for a request that begins now. Answers `false` if it is taken since `not_before` or later; an older
/// request is forgotten.
///
/// # Errors
/// When the database fails.
pub fn begin(
    connection: &mut Connection,
    actor: &str,
    key: &str,
    request_digest: Sha256,
    now: UnixTime,
    not_before: UnixTime,
) -> Result<bool, StoreError> {
    let over = table::table.find((actor, key)).filter(table::started_at.lt(Seconds(not_before)));
    on_each!(connection, |c| diesel::delete(over).execute(c))?;
    let row = (
        table::actor.eq(actor),
        table::key.eq(key),
        table::request_digest.eq(Hash(request_digest)),
        table::started_at.eq(Seconds(now)),
    );
    let taken = on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict_do_nothing().execute(c)
    })?;
    Ok(taken == 1)
}

/// The request with a key.
///
/// # Errors
/// When the database fails.
pub fn find(connection: &mut Connection, actor: &str, key: &str) -> Result<Option<IdempotencyKey>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(IdempotencyKey::as_select())
        .find((actor, key))
        .first(c)
        .optional())?)
}

/// Records the answer.
///
/// # Errors
/// When the database fails.
pub fn finish(
    connection: &mut Connection,
    actor: &str,
    key: &str,
    answer: &Answer,
    now: UnixTime,
) -> Result<(), StoreError> {
    let open = table::table.find((actor, key)).filter(table::finished_at.is_null());
    let update = diesel::update(open).set((
        table::status.eq(answer.status),
        table::content_type.eq(answer.content_type.as_deref()),
        table::location.eq(answer.location.as_deref()),
        table::body.eq(&answer.body),
        table::finished_at.eq(Seconds(now)),
    ));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Frees the key of a request that did nothing.
///
/// # Errors
/// When the database fails.
pub fn release(connection: &mut Connection, actor: &str, key: &str) -> Result<(), StoreError> {
    let open = table::table.find((actor, key)).filter(table::finished_at.is_null());
    on_each!(connection, |c| diesel::delete(open).execute(c))?;
    Ok(())
}
