//! Certificates that belong together: those of the same names, one renewing the other, and those of the same key.

use diesel::prelude::*;

use super::certificate::{self, CertificateRecord};
use super::certificate_name;
use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{CertificateId, Hash, Sha256};
use super::schema::certificate as table;

/// A certificate's neighbours in its lineage.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// The last one before it that was issued for exactly its names.
    pub before: Option<CertificateRecord>,
    /// The newest one that was issued for exactly its names, if that is another.
    pub newest: Option<CertificateRecord>,
}

/// The neighbours of a certificate. One without names has none: nothing says that it renews another.
///
/// # Errors
/// When the database fails.
pub fn of(connection: &mut Connection, record: &CertificateRecord) -> Result<Lineage, StoreError> {
    if record.names.is_empty() {
        return Ok(Lineage::default());
    }
    let same = || table::names_hash.eq(Hash(record.names_hash));
    let before = on_each!(connection, |c| table::table
        .select(CertificateRecord::as_select())
        .filter(same().and(table::id.lt(record.id)))
        .order(table::id.desc())
        .first(c)
        .optional())?;
    let newest = on_each!(connection, |c| table::table
        .select(CertificateRecord::as_select())
        .filter(same().and(table::id.gt(record.id)))
        .order(table::id.desc())
        .first(c)
        .optional())?;
    Ok(Lineage { before, newest })
}

/// Whether the newest certificate for exactly the names of this one is another, and not revoked.
///
/// # Errors
/// When the database fails.
pub fn is_replaced(connection: &mut Connection, record: &CertificateRecord) -> Result<bool, StoreError> {
    Ok(of(connection, record)?.newest.is_some_and(|newest| newest.revoked_at.is_none()))
}

/// Newer certificates for one of its names that are held against a certificate.
const SUCCESSORS: i64 = 50;

/// Whether a newer certificate that is neither revoked nor ends earlier has all the names of this one, and perhaps more.
///
/// # Errors
/// When the database fails.
pub fn is_covered(connection: &mut Connection, record: &CertificateRecord) -> Result<bool, StoreError> {
    let Some(first) = record.names.first() else { return Ok(false) };
    let ids = certificate_name::newer_with(connection, first, record.id, SUCCESSORS)?;
    let covers = |newer: &CertificateRecord| {
        let alive = newer.revoked_at.is_none() && newer.not_after > record.not_after;
        alive && record.names.iter().all(|name| newer.names.contains(name))
    };
    Ok(certificate::records(connection, &ids)?.iter().any(covers))
}

/// Other certificates for the same key, newest first.
///
/// # Errors
/// When the database fails.
pub fn of_key(
    connection: &mut Connection,
    key: Sha256,
    except: CertificateId,
    limit: i64,
) -> Result<Vec<CertificateRecord>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(CertificateRecord::as_select())
        .filter(table::spki_sha256.eq(Hash(key)).and(table::id.ne(except)))
        .order(table::id.desc())
        .limit(limit)
        .load(c))?)
}
