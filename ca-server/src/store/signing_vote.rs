//! Votes for requests for signatures: a person's yes to the digest set, at most one of each.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;

use super::fields::{Hash, Seconds, Sha256, SigningRequestId};
use super::schema::signing_vote as table;

/// A vote as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct StoredSigningVote {
    /// The person, by sign-in name.
    pub voter: String,
    /// The stage that was open then, counted from 0.
    pub stage: i64,
    /// What was approved.
    #[diesel(deserialize_as = Hash)]
    pub digest_set: Sha256,
    /// When.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// Stores a vote. Answers `false`, with nothing stored, when this person has voted for this request.
///
/// # Errors
/// When the database fails.
pub fn insert(
    connection: &mut Connection,
    request: SigningRequestId,
    vote: &StoredSigningVote,
) -> Result<bool, StoreError> {
    let row = (
        table::request_id.eq(request),
        table::voter.eq(&vote.voter),
        table::stage.eq(vote.stage),
        table::digest_set.eq(Hash(vote.digest_set)),
        table::created_at.eq(Seconds(vote.created_at)),
    );
    let key = (table::request_id, table::voter);
    Ok(on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict(key).do_nothing().execute(c)
    })? == 1)
}

/// Every vote for a request, oldest first; at most 500.
///
/// # Errors
/// When the database fails.
pub fn of_request(
    connection: &mut Connection,
    request: SigningRequestId,
) -> Result<Vec<StoredSigningVote>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(StoredSigningVote::as_select())
        .filter(table::request_id.eq(request))
        .order((table::stage, table::created_at, table::voter))
        .limit(500)
        .load(c))?)
}
