//! One change to many certificates: what was confirmed, the certificates one by one, and how far it has come.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::certificate::Certificate;
use super::connection::{Connection, insert_rows, on_each};
use super::error::StoreError;
use super::fields::{BulkChangeId, BulkKind, BulkState, CertificateId, ItemOutcome, OptionalSeconds, Seconds, seconds};
use super::schema::{bulk_change as table, bulk_item, certificate};

/// A change as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct BulkChange {
    /// Its id.
    pub id: BulkChangeId,
    /// What is done.
    pub kind: BulkKind,
    /// How far it has come.
    pub state: BulkState,
    /// What else is to be known to do it, in JSON.
    pub parameters: String,
    /// How the certificates were chosen, in words or as a filter.
    pub selection: String,
    /// Who confirmed it, as in the audit trail.
    pub actor: String,
    /// The same with the roles of that moment, in JSON.
    pub acting_as: String,
    /// Where the request came from.
    pub origin: String,
    /// The request, as in the log.
    pub request_id: String,
    /// Certificates chosen.
    pub total: i64,
    /// Certificates changed so far.
    pub changed: i64,
    /// Certificates that were as wanted before.
    pub unchanged: i64,
    /// Certificates that may not or cannot be changed.
    pub refused: i64,
    /// Why it was stopped.
    pub last_error: Option<String>,
    /// When it was confirmed.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// When it ended.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub finished_at: Option<UnixTime>,
}

impl BulkChange {
    /// Certificates that were looked at.
    pub fn settled(&self) -> i64 {
        self.changed + self.unchanged + self.refused
    }
}

/// A change to be stored.
#[derive(Clone, Debug)]
pub struct NewBulkChange {
    /// Its id.
    pub id: BulkChangeId,
    /// What is to be done.
    pub kind: BulkKind,
    /// What else is to be known to do it, in JSON.
    pub parameters: String,
    /// How the certificates were chosen.
    pub selection: String,
    /// Who confirmed it, as in the audit trail.
    pub actor: String,
    /// The same with roles, in JSON.
    pub acting_as: String,
    /// Where the request came from.
    pub origin: String,
    /// The request.
    pub request_id: String,
    /// When it was confirmed.
    pub created_at: UnixTime,
}

/// Stores a change that has no certificates yet and is not begun.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, new: &NewBulkChange) -> Result<(), StoreError> {
    let row = (
        (table::id.eq(new.id), table::kind.eq(new.kind), table::state.eq(BulkState::Preparing)),
        (table::parameters.eq(&new.parameters), table::selection.eq(&new.selection)),
        (table::actor.eq(&new.actor), table::acting_as.eq(&new.acting_as)),
        (table::origin.eq(&new.origin), table::request_id.eq(&new.request_id)),
        (table::total.eq(0_i64), table::changed.eq(0_i64), table::unchanged.eq(0_i64), table::refused.eq(0_i64)),
        table::created_at.eq(Seconds(new.created_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// Notes certificates down, the first at place `start`; at most a write's worth at once.
///
/// # Errors
/// When the database fails.
pub fn add(
    connection: &mut Connection,
    id: BulkChangeId,
    start: i64,
    certificates: &[CertificateId],
) -> Result<(), StoreError> {
    let row = |(position, certificate): (i64, &CertificateId)| {
        (bulk_item::change_id.eq(id), bulk_item::position.eq(position), bulk_item::certificate_id.eq(*certificate))
    };
    insert_rows!(connection, bulk_item::table, (start..).zip(certificates).map(row).collect::<Vec<_>>());
    Ok(())
}

/// Begins a change whose certificates are all noted; answers whether it was not begun before.
///
/// # Errors
/// When the database fails.
pub fn begin(connection: &mut Connection, id: BulkChangeId, total: i64) -> Result<bool, StoreError> {
    let preparing = table::table.filter(table::id.eq(id).and(table::state.eq(BulkState::Preparing)));
    let update = diesel::update(preparing).set((table::state.eq(BulkState::Running), table::total.eq(total)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// The change of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: BulkChangeId) -> Result<Option<BulkChange>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(BulkChange::as_select()).first(c).optional())?)
}

/// Changes, newest first, before a given one.
///
/// # Errors
/// When the database fails.
pub fn list(
    connection: &mut Connection,
    before: Option<BulkChangeId>,
    limit: i64,
) -> Result<Vec<BulkChange>, StoreError> {
    let before = before.unwrap_or(BulkChangeId::new(uuid::Uuid::max()));
    Ok(on_each!(connection, |c| table::table
        .select(BulkChange::as_select())
        .filter(table::id.lt(before))
        .order(table::id.desc())
        .limit(limit)
        .load(c))?)
}

/// The next certificates of a change that nobody has looked at, with their places.
///
/// # Errors
/// When the database fails.
pub fn waiting(
    connection: &mut Connection,
    id: BulkChangeId,
    limit: i64,
) -> Result<Vec<(i64, Certificate)>, StoreError> {
    Ok(on_each!(connection, |c| bulk_item::table
        .inner_join(certificate::table.on(certificate::id.eq(bulk_item::certificate_id)))
        .select((bulk_item::position, Certificate::as_select()))
        .filter(bulk_item::change_id.eq(id).and(bulk_item::outcome.is_null()))
        .order(bulk_item::position)
        .limit(limit)
        .load(c))?)
}

/// Records what became of a certificate, once; answers whether this was the first time. Counts it in the change.
///
/// # Errors
/// When the database fails.
pub fn settle(
    connection: &mut Connection,
    id: BulkChangeId,
    position: i64,
    outcome: ItemOutcome,
    detail: Option<&str>,
) -> Result<bool, StoreError> {
    let waiting = bulk_item::table
        .filter(bulk_item::change_id.eq(id).and(bulk_item::position.eq(position)))
        .filter(bulk_item::outcome.is_null());
    let update = diesel::update(waiting).set((bulk_item::outcome.eq(outcome), bulk_item::detail.eq(detail)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Adds to the counts of a change: changed, unchanged, refused.
///
/// # Errors
/// When the database fails.
pub fn count(connection: &mut Connection, id: BulkChangeId, more: [i64; 3]) -> Result<(), StoreError> {
    let [changed, unchanged, refused] = more;
    let update = diesel::update(table::table.filter(table::id.eq(id))).set((
        table::changed.eq(table::changed + changed),
        table::unchanged.eq(table::unchanged + unchanged),
        table::refused.eq(table::refused + refused),
    ));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Ends a running change; answers whether it ran.
///
/// # Errors
/// When the database fails.
pub fn finish(
    connection: &mut Connection,
    id: BulkChangeId,
    state: BulkState,
    at: UnixTime,
    error: Option<&str>,
) -> Result<bool, StoreError> {
    let running = table::table.filter(table::id.eq(id).and(table::state.eq(BulkState::Running)));
    let update = diesel::update(running).set((
        table::state.eq(state),
        table::finished_at.eq(seconds(Some(at))),
        table::last_error.eq(error),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// A certificate that a change left as it was.
#[derive(Clone, Debug, Queryable)]
pub struct RefusedItem {
    /// Its place.
    pub position: i64,
    /// The certificate.
    pub certificate_id: CertificateId,
    /// Why.
    pub detail: Option<String>,
}

/// Certificates that a change refused, in their order, behind a place.
///
/// # Errors
/// When the database fails.
pub fn refused(
    connection: &mut Connection,
    id: BulkChangeId,
    after: i64,
    limit: i64,
) -> Result<Vec<RefusedItem>, StoreError> {
    Ok(on_each!(connection, |c| bulk_item::table
        .select((bulk_item::position, bulk_item::certificate_id, bulk_item::detail))
        .filter(bulk_item::change_id.eq(id).and(bulk_item::outcome.eq(ItemOutcome::Refused)))
        .filter(bulk_item::position.gt(after))
        .order(bulk_item::position)
        .limit(limit)
        .load(c))?)
}
