//! Issuers: one row a CA certificate.

use ca_core::time::UnixTime;
use ca_core::x509::SerialNumber;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{IssuerKind, IssuerState, Seconds, Serial};
use super::schema::issuer as table;

/// An issuer as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Issuer {
    /// Names it in URLs and rows; never used again for another certificate.
    pub slug: String,
    /// The `[[authority]]` it belongs to.
    pub authority: String,
    /// Counts the certificates of the authority from 1.
    pub generation: i64,
    /// Root or below one.
    pub kind: IssuerKind,
    /// Whether it still issues.
    pub state: IssuerState,
    /// Its subject, in the notation of RFC 4514.
    pub subject: String,
    /// Serial number of its certificate.
    #[diesel(deserialize_as = Serial)]
    pub serial: SerialNumber,
    /// Its certificate in DER.
    pub der: Vec<u8>,
    /// Id of its key.
    pub key_id: String,
    /// Slug of the issuer of its certificate; none for a root.
    pub parent: Option<String>,
    /// First instant of its validity.
    #[diesel(deserialize_as = Seconds)]
    pub not_before: UnixTime,
    /// Last instant of its validity.
    #[diesel(deserialize_as = Seconds)]
    pub not_after: UnixTime,
    /// Number of CRL shards that new certificates are spread over.
    pub crl_shards: i64,
    /// When it was recorded.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// Stores an issuer.
///
/// # Errors
/// [`StoreError::Conflict`] when its slug or generation exists.
pub fn insert(connection: &mut Connection, new: &Issuer) -> Result<(), StoreError> {
    let row = (
        table::slug.eq(&new.slug),
        table::authority.eq(&new.authority),
        table::generation.eq(new.generation),
        table::kind.eq(new.kind),
        table::state.eq(new.state),
        table::subject.eq(&new.subject),
        table::serial.eq(new.serial.to_string()),
        table::der.eq(&new.der),
        table::key_id.eq(&new.key_id),
        table::parent.eq(&new.parent),
        table::not_before.eq(Seconds(new.not_before)),
        table::not_after.eq(Seconds(new.not_after)),
        table::crl_shards.eq(new.crl_shards),
        table::created_at.eq(Seconds(new.created_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The issuer of a slug.
///
/// # Errors
/// When the database fails.
pub fn by_slug(connection: &mut Connection, slug: &str) -> Result<Option<Issuer>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(slug).select(Issuer::as_select()).first(c).optional())?)
}

/// All issuers, by authority and generation; there are few.
///
/// # Errors
/// When the database fails.
pub fn all(connection: &mut Connection) -> Result<Vec<Issuer>, StoreError> {
    let order = (table::authority, table::generation);
    Ok(on_each!(connection, |c| table::table.select(Issuer::as_select()).order(order).load(c))?)
}

/// Slug and state of every issuer; there are few.
///
/// # Errors
/// When the database fails.
pub fn states(connection: &mut Connection) -> Result<Vec<(String, IssuerState)>, StoreError> {
    Ok(on_each!(connection, |c| table::table.select((table::slug, table::state)).order(table::slug).load(c))?)
}

/// Moves an issuer to another state.
///
/// # Errors
/// When the database fails.
pub fn set_state(connection: &mut Connection, slug: &str, state: IssuerState) -> Result<bool, StoreError> {
    let update = diesel::update(table::table.find(slug)).set(table::state.eq(state));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}
