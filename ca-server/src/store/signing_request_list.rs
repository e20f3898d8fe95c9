//! Lists of requests for signatures: for people and programs, newest first, and for jobs.

use ca_core::signing::SigningState;
use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Seconds, SigningRequestId, SigningStateWord};
use super::schema::signing_request as table;
use super::signing_request::StoredSigningRequest;

/// Which requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SigningFilter {
    /// In one of these states; empty for any.
    pub states: Vec<SigningState>,
    /// Under this profile.
    pub profile: Option<String>,
    /// Not asked for, nor set off, by this person.
    pub not_requester: Option<String>,
    /// Without a vote of this person.
    pub not_voted_by: Option<String>,
}

/// One page, newest first, older than a given one.
///
/// # Errors
/// When the database fails.
pub fn list(
    connection: &mut Connection,
    filter: &SigningFilter,
    after: Option<SigningRequestId>,
    limit: i64,
) -> Result<Vec<StoredSigningRequest>, StoreError> {
    Ok(on_each!(connection, |c| {
        use super::schema::signing_vote as vote;
        let mut query = table::table.select(StoredSigningRequest::as_select()).order(table::id.desc()).into_boxed();
        if let Some(after) = after {
            query = query.filter(table::id.lt(after));
        }
        if !filter.states.is_empty() {
            query = query.filter(table::state.eq_any(filter.states.iter().copied().map(SigningStateWord)));
        }
        if let Some(profile) = &filter.profile {
            query = query.filter(table::profile.eq(profile));
        }
        if let Some(person) = &filter.not_requester {
            query = query.filter(table::requester_person.is_null().or(table::requester_person.ne(person)));
            query = query.filter(table::job_person.is_null().or(table::job_person.ne(person)));
        }
        if let Some(person) = &filter.not_voted_by {
            let voted = vote::table.filter(vote::request_id.eq(table::id).and(vote::voter.eq(person)));
            query = query.filter(diesel::dsl::not(diesel::dsl::exists(voted)));
        }
        query.limit(limit).load(c)
    })?)
}

/// The newest signed request of a profile before a given one: what a release is compared with.
///
/// # Errors
/// When the database fails.
pub fn last_signed(
    connection: &mut Connection,
    profile: &str,
    before: SigningRequestId,
) -> Result<Option<StoredSigningRequest>, StoreError> {
    let filter = SigningFilter {
        states: vec![SigningState::Signed],
        profile: Some(profile.to_owned()),
        ..SigningFilter::default()
    };
    Ok(list(connection, &filter, Some(before), 1)?.pop())
}

/// Requests that are approved or being signed and whose next try is due, in the order of their ids, after a given one.
///
/// # Errors
/// When the database fails.
pub fn due(
    connection: &mut Connection,
    now: UnixTime,
    after: Option<SigningRequestId>,
    limit: i64,
) -> Result<Vec<SigningRequestId>, StoreError> {
    let after = after.unwrap_or(SigningRequestId::new(uuid::Uuid::nil()));
    let going = [SigningState::Approved, SigningState::Signing].map(SigningStateWord);
    Ok(on_each!(connection, |c| table::table
        .select(table::id)
        .filter(table::state.eq_any(going).and(table::next_try.le(Seconds(now))))
        .filter(table::lease_until.le(Seconds(now)).and(table::id.gt(after)))
        .order(table::id)
        .limit(limit)
        .load(c))?)
}

/// Open requests whose time is over, longest first.
///
/// # Errors
/// When the database fails.
pub fn overdue(
    connection: &mut Connection,
    now: UnixTime,
    limit: i64,
) -> Result<Vec<StoredSigningRequest>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(StoredSigningRequest::as_select())
        .filter(table::ended_at.is_null().and(table::expires_at.le(Seconds(now))))
        .order(table::expires_at)
        .limit(limit)
        .load(c))?)
}
