//! Votes for requests: a person's yes to one revision, at most one of each.

use ca_core::issuance_request::{RequestDigest, Version, Vote};
use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, IssuanceRequestId, Seconds, Sha256};
use super::schema::issuance_request_vote as table;

/// A vote as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct StoredVote {
    /// The revision that was approved.
    pub revision: i64,
    /// What was approved.
    #[diesel(deserialize_as = Hash)]
    pub digest: Sha256,
    /// The person, by sign-in name.
    pub voter: String,
    /// When.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

impl StoredVote {
    /// As it is counted.
    pub fn vote(&self) -> Vote {
        let version = Version { revision: self.revision, digest: RequestDigest::from_bytes(self.digest) };
        Vote { voter: self.voter.clone(), version }
    }
}

/// Stores a vote. Answers `false`, with nothing stored, when this person has voted for this revision.
///
/// # Errors
/// When the database fails.
pub fn insert(
    connection: &mut Connection,
    request: IssuanceRequestId,
    vote: &Vote,
    at: UnixTime,
) -> Result<bool, StoreError> {
    let row = (
        table::request_id.eq(request),
        table::revision.eq(vote.version.revision),
        table::digest.eq(Hash(*vote.version.digest.as_bytes())),
        table::voter.eq(&vote.voter),
        table::created_at.eq(Seconds(at)),
    );
    let key = (table::request_id, table::revision, table::voter);
    Ok(on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict(key).do_nothing().execute(c)
    })? == 1)
}

/// Every vote of a request, oldest first; at most 500.
///
/// # Errors
/// When the database fails.
pub fn of_request(connection: &mut Connection, request: IssuanceRequestId) -> Result<Vec<StoredVote>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(StoredVote::as_select())
        .filter(table::request_id.eq(request))
        .order((table::created_at, table::voter))
        .limit(500)
        .load(c))?)
}
