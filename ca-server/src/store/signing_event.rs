//! The history of a request for signatures.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;

use super::fields::{Seconds, SigningEventId, SigningEventKind, SigningRequestId};
use super::schema::signing_event as table;

/// Something that happened to a request.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct SigningEvent {
    /// The request.
    pub request_id: SigningRequestId,
    /// Its id.
    pub id: SigningEventId,
    /// What happened.
    pub kind: SigningEventKind,
    /// Who did it, as in the audit trail.
    pub actor: String,
    /// The comment or the reason; perhaps empty.
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
pub fn insert(connection: &mut Connection, event: &SigningEvent) -> Result<(), StoreError> {
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

/// The first `limit` events of a request, oldest first.
///
/// # Errors
/// When the database fails.
pub fn of_request(
    connection: &mut Connection,
    request: SigningRequestId,
    limit: i64,
) -> Result<Vec<SigningEvent>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(SigningEvent::as_select())
        .filter(table::request_id.eq(request))
        .order(table::id)
        .limit(limit)
        .load(c))?)
}
