//! What is to be signed in a request: artifacts by name and digest, in the order of their submission.

use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::DigestItem;
use diesel::prelude::*;

use super::connection::{Connection, insert_rows, on_each};
use super::error::StoreError;
use super::fields::{DigestWord, SigningRequestId};
use super::schema::signing_item as table;

/// An artifact as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct StoredItem {
    /// Its number, counted from 1.
    pub n: i64,
    /// Its name, unique within the request.
    pub name: String,
    /// The hash function.
    #[diesel(deserialize_as = DigestWord)]
    pub algorithm: DigestAlgorithm,
    /// What is signed.
    pub digest: Vec<u8>,
    /// Octets of the file, as whoever asked says.
    pub size: Option<i64>,
    /// SHA-256 of the file, as whoever asked says.
    pub file_sha256: Option<Vec<u8>>,
}

impl StoredItem {
    /// As it is signed.
    pub fn item(&self) -> DigestItem {
        DigestItem { name: self.name.clone(), algorithm: self.algorithm, digest: self.digest.clone() }
    }
}

/// Stores some of a request's artifacts, at most 500 in one call.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, request: SigningRequestId, items: &[StoredItem]) -> Result<(), StoreError> {
    let row = |item: &StoredItem| {
        (
            table::request_id.eq(request),
            table::n.eq(item.n),
            table::name.eq(item.name.clone()),
            table::algorithm.eq(DigestWord(item.algorithm)),
            table::digest.eq(item.digest.clone()),
            table::size.eq(item.size),
            table::file_sha256.eq(item.file_sha256.clone()),
        )
    };
    insert_rows!(connection, table::table, items.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

/// Artifacts in the order of their numbers, after a given one.
///
/// # Errors
/// When the database fails.
pub fn of_request(
    connection: &mut Connection,
    request: SigningRequestId,
    after: i64,
    limit: i64,
) -> Result<Vec<StoredItem>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(StoredItem::as_select())
        .filter(table::request_id.eq(request).and(table::n.gt(after)))
        .order(table::n)
        .limit(limit)
        .load(c))?)
}
