//! What was asked for in a request, one row a revision, in the canonical encoding.

use ca_core::issuance_request::IssuanceRequest;
use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{Hash, IssuanceRequestId, Seconds, Sha256};
use super::schema::issuance_request_revision as table;

/// A revision as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Revision {
    /// Counted from 1.
    pub revision: i64,
    /// SHA-256 of the content.
    #[diesel(deserialize_as = Hash)]
    pub digest: Sha256,
    /// The request in its canonical encoding.
    pub content: Vec<u8>,
    /// Who made it, as in the audit trail.
    pub created_by: String,
    /// When.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// Who makes a revision.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// As in the audit trail.
    pub actor: &'a str,
    /// The person behind that, by sign-in name.
    pub person: Option<&'a str>,
}

/// Stores a revision.
///
/// # Errors
/// [`StoreError::Conflict`] when the request has that revision.
pub fn insert(
    connection: &mut Connection,
    request: IssuanceRequestId,
    revision: i64,
    content: &IssuanceRequest,
    by: Author<'_>,
    created_at: UnixTime,
) -> Result<(), StoreError> {
    let row = (
        table::request_id.eq(request),
        table::revision.eq(revision),
        table::digest.eq(Hash(*content.digest().as_bytes())),
        table::content.eq(content.as_bytes()),
        table::created_by.eq(by.actor),
        table::author.eq(by.person),
        table::created_at.eq(Seconds(created_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// One revision of a request.
///
/// # Errors
/// When the database fails.
pub fn by_number(
    connection: &mut Connection,
    request: IssuanceRequestId,
    revision: i64,
) -> Result<Option<Revision>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .find((request, revision))
        .select(Revision::as_select())
        .first(c)
        .optional())?)
}

/// The newest revision of a request with that digest: what somebody looked at or voted for.
///
/// # Errors
/// When the database fails.
pub fn by_digest(
    connection: &mut Connection,
    request: IssuanceRequestId,
    digest: Sha256,
) -> Result<Option<Revision>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Revision::as_select())
        .filter(table::request_id.eq(request).and(table::digest.eq(Hash(digest))))
        .order(table::revision.desc())
        .first(c)
        .optional())?)
}

/// The people who made revisions of a request, by sign-in name.
///
/// # Errors
/// When the database fails.
pub fn authors(connection: &mut Connection, request: IssuanceRequestId) -> Result<Vec<String>, StoreError> {
    let query = table::table
        .filter(table::request_id.eq(request).and(table::author.is_not_null()))
        .select(table::author.assume_not_null())
        .distinct();
    Ok(on_each!(connection, |c| query.load(c))?)
}
