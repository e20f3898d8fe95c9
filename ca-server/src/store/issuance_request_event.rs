//! The history of a request, comments among it.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{IssuanceRequestId, RequestEventId, RequestEventKind, Seconds};
use super::schema::issuance_request_event as table;

/// Something that happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct RequestEvent {
    /// The request.
    pub request_id: IssuanceRequestId,
    /// Its id.
    pub id: RequestEventId,
    /// What happened.
    pub kind: RequestEventKind,
    /// Who did it, as in the audit trail.
    pub actor: String,
    /// The comment, the reason or what changed; perhaps empty.
    pub detail: String,
    /// Ids of the policies that permitted it, separated by commas.
    pub policies: String,
    /// When.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// Stores an event.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, event: &RequestEvent) -> Result<(), StoreError> {
    let row = (
        table::request_id.eq(event.request_id),
        table::id.eq(event.id),
        table::kind.eq(event.kind),
        table::actor.eq(&event.actor),
        table::detail.eq(&event.detail),
        table::policies.eq(&event.policies),
        table::created_at.eq(Seconds(event.created_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The last `limit` events of a request, oldest first.
///
/// # Errors
/// When the database fails.
pub fn of_request(
    connection: &mut Connection,
    request: IssuanceRequestId,
    limit: i64,
) -> Result<Vec<RequestEvent>, StoreError> {
    let mut events = on_each!(connection, |c| table::table
        .select(RequestEvent::as_select())
        .filter(table::request_id.eq(request))
        .order(table::id.desc())
        .limit(limit)
        .load(c))?;
    events.reverse();
    Ok(events)
}

/// How many events of a kind a request has.
///
/// # Errors
/// When the database fails.
pub fn count(
    connection: &mut Connection,
    request: IssuanceRequestId,
    kind: RequestEventKind,
) -> Result<i64, StoreError> {
    let query = table::table.filter(table::request_id.eq(request).and(table::kind.eq(kind))).count();
    Ok(on_each!(connection, |c| query.get_result(c))?)
}
