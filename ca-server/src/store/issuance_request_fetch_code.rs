//! Codes by which somebody without an account fetches a certificate. Only their hashes are here; a code has so many random
//! bits that its hash gives nothing away.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{FetchCodeId, Hash, IssuanceRequestId, Seconds, Sha256};
use super::schema::issuance_request_fetch_code as table;

/// A code as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct FetchCode {
    /// Its id, which is in the address of its page.
    pub id: FetchCodeId,
    /// The request it opens.
    pub request_id: IssuanceRequestId,
    /// SHA-256 of the code.
    #[diesel(deserialize_as = Hash)]
    pub code_hash: Sha256,
    /// Who made it.
    pub created_by: String,
    /// When.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// Until when it opens anything.
    #[diesel(deserialize_as = Seconds)]
    pub expires_at: UnixTime,
}

/// Stores a code in place of the request's earlier ones.
///
/// # Errors
/// When the database fails.
pub fn replace(connection: &mut Connection, code: &FetchCode) -> Result<(), StoreError> {
    let earlier = diesel::delete(table::table.filter(table::request_id.eq(code.request_id)));
    on_each!(connection, |c| earlier.execute(c))?;
    let row = (
        table::id.eq(code.id),
        table::request_id.eq(code.request_id),
        table::code_hash.eq(Hash(code.code_hash)),
        table::created_by.eq(&code.created_by),
        table::created_at.eq(Seconds(code.created_at)),
        table::expires_at.eq(Seconds(code.expires_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The code of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: FetchCodeId) -> Result<Option<FetchCode>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(FetchCode::as_select()).first(c).optional())?)
}
