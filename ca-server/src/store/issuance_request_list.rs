//! Lists of requests: for people, newest first, and for jobs.

use ca_core::issuance_request::RequestState;
use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{IssuanceRequestId, RequestStateWord, Seconds};
use super::issuance_request::StoredRequest;
use super::schema::issuance_request as table;

/// Which requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// In one of these states; empty for any.
    pub states: Vec<RequestState>,
    /// Made by, or for, this person.
    pub requester: Option<String>,
    /// Not made by this person.
    pub not_requester: Option<String>,
    /// Without a vote of this person for what is asked now.
    pub not_voted_by: Option<String>,
    /// Under this profile.
    pub profile: Option<String>,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// At the newest.
    Newest,
    /// With the first one older than this.
    OlderThan(IssuanceRequestId),
    /// With the last one newer than this, still newest first.
    NewerThan(IssuanceRequestId),
}

/// One page, newest first.
///
/// # Errors
/// When the database fails.
pub fn list(
    connection: &mut Connection,
    filter: &RequestFilter,
    cursor: Cursor,
    limit: i64,
) -> Result<Vec<StoredRequest>, StoreError> {
    let mut rows = on_each!(connection, |c| {
        use super::schema::issuance_request_vote as vote;
        let mut query = table::table.select(StoredRequest::as_select()).limit(limit).into_boxed();
        query = match cursor {
            Cursor::Newest => query.order(table::id.desc()),
            Cursor::OlderThan(id) => query.order(table::id.desc()).filter(table::id.lt(id)),
            Cursor::NewerThan(id) => query.order(table::id.asc()).filter(table::id.gt(id)),
        };
        if !filter.states.is_empty() {
            query = query.filter(table::state.eq_any(filter.states.iter().copied().map(RequestStateWord)));
        }
        if let Some(person) = &filter.requester {
            query = query.filter(table::requester_person.eq(person));
        }
        if let Some(person) = &filter.not_requester {
            query = query.filter(table::requester_person.is_null().or(table::requester_person.ne(person)));
        }
        if let Some(person) = &filter.not_voted_by {
            let voted = vote::table.filter(vote::request_id.eq(table::id).and(vote::revision.eq(table::revision)));
            query = query.filter(diesel::dsl::not(diesel::dsl::exists(voted.filter(vote::voter.eq(person)))));
        }
        if let Some(profile) = &filter.profile {
            query = query.filter(table::profile.eq(profile));
        }
        query.load(c)
    })?;
    if matches!(cursor, Cursor::NewerThan(_)) {
        rows.reverse();
    }
    Ok(rows)
}

/// How many requests are in a state, counted up to `most`.
///
/// # Errors
/// When the database fails.
pub fn count(connection: &mut Connection, filter: &RequestFilter, most: i64) -> Result<usize, StoreError> {
    Ok(list(connection, filter, Cursor::Newest, most)?.len())
}

/// Requests that may get further without anybody doing anything, in the order of their ids, after a given one: approved
/// ones, and pending ones that nobody has to approve or that somebody approved as they are.
///
/// # Errors
/// When the database fails.
pub fn processable(
    connection: &mut Connection,
    after: Option<IssuanceRequestId>,
    limit: i64,
) -> Result<Vec<IssuanceRequestId>, StoreError> {
    use super::schema::issuance_request_vote as vote;
    let after = after.unwrap_or(IssuanceRequestId::new(uuid::Uuid::nil()));
    let is = |state| table::state.eq(RequestStateWord(state));
    let votes = vote::table.filter(vote::request_id.eq(table::id).and(vote::revision.eq(table::revision)));
    let voted = table::approvals_required.eq(0_i64).or(diesel::dsl::exists(votes));
    let query = table::table
        .select(table::id)
        .filter(is(RequestState::Approved).or(is(RequestState::Pending).and(voted)))
        .filter(table::id.gt(after))
        .order(table::id)
        .limit(limit);
    Ok(on_each!(connection, |c| query.load(c))?)
}

/// Open requests whose time is over, longest first. One that is being signed is not among them.
///
/// # Errors
/// When the database fails.
pub fn overdue(connection: &mut Connection, now: UnixTime, limit: i64) -> Result<Vec<StoredRequest>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(StoredRequest::as_select())
        .filter(table::ended_at.is_null().and(table::expires_at.le(Seconds(now))))
        .filter(table::state.ne(RequestStateWord(RequestState::Issuing)))
        .order(table::expires_at)
        .limit(limit)
        .load(c))?)
}

/// Requests that ended before an instant and still hold a private key.
///
/// # Errors
/// When the database fails.
pub fn forgotten_keys(
    connection: &mut Connection,
    ended_before: UnixTime,
    limit: i64,
) -> Result<Vec<StoredRequest>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(StoredRequest::as_select())
        .filter(table::private_key.is_not_null().and(table::ended_at.lt(Seconds(ended_before))))
        .order(table::id)
        .limit(limit)
        .load(c))?)
}
