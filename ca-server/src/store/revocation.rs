//! Revocation, and what the revocation lists are made of.

use ca_core::time::UnixTime;
use ca_core::x509::SerialNumber;
use diesel::prelude::*;

use super::blocked_key::{self, BlockedKey};
use super::certificate::CertificateRecord;
use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::expiry_watch;
use super::fields::{OptionalSeconds, Seconds, Serial, seconds};
use super::schema::{certificate, revoked_serial as table};

/// The reason that makes a key unusable for good, by its RFC 5280 name.
pub const KEY_COMPROMISE: &str = "keyCompromise";

/// A revocation to be made.
#[derive(Clone, Debug)]
pub struct Revocation {
    /// Slug of the issuer.
    pub issuer: String,
    /// Serial number of the certificate.
    pub serial: SerialNumber,
    /// When it takes effect.
    pub at: UnixTime,
    /// The RFC 5280 §5.3.1 name of the reason.
    pub reason: String,
    /// Since when the key must be thought lost.
    pub invalidity_date: Option<UnixTime>,
    /// Whether to block the key for another reason than its compromise, which always does.
    pub block_key: bool,
}

/// What came of a revocation.
#[derive(Clone, Debug)]
pub enum RevocationOutcome {
    /// The certificate is revoked now.
    Revoked(Box<CertificateRecord>),
    /// It was revoked before; nothing changed.
    AlreadyRevoked,
    /// The issuer has no certificate of that serial number.
    Unknown,
}

/// Revokes a certificate once: its row, its entry for the CRL, and its key if that is compromised.
///
/// # Errors
/// When the database fails.
pub fn revoke(connection: &mut Connection, revocation: &Revocation) -> Result<RevocationOutcome, StoreError> {
    let Some(revoked) = mark(connection, revocation)? else {
        return if exists(connection, revocation)? {
            Ok(RevocationOutcome::AlreadyRevoked)
        } else {
            Ok(RevocationOutcome::Unknown)
        };
    };
    let entry = RevokedSerial {
        serial: revocation.serial.clone(),
        revoked_at: revocation.at,
        reason: revocation.reason.clone(),
        invalidity_date: revocation.invalidity_date,
    };
    list_serial(connection, &revocation.issuer, revoked.crl_shard, &entry, revoked.not_after)?;
    expiry_watch::revoked(connection, &revoked, revocation.at)?;
    if revocation.block_key || revocation.reason == KEY_COMPROMISE {
        blocked_key::insert(connection, &[blocked(revocation, &revoked)])?;
    }
    Ok(RevocationOutcome::Revoked(Box::new(revoked)))
}

fn mark(connection: &mut Connection, revocation: &Revocation) -> Result<Option<CertificateRecord>, StoreError> {
    use certificate as table;
    let changes = (
        table::revoked_at.eq(Seconds(revocation.at)),
        table::reason.eq(&revocation.reason),
        table::invalidity_date.eq(seconds(revocation.invalidity_date)),
    );
    let serial = table::serial.eq(revocation.serial.to_string());
    let unrevoked =
        table::table.filter(table::issuer.eq(&revocation.issuer).and(serial)).filter(table::revoked_at.is_null());
    Ok(on_each!(connection, |c| diesel::update(unrevoked)
        .set(changes)
        .returning(CertificateRecord::as_returning())
        .get_result(c)
        .optional())?)
}

fn exists(connection: &mut Connection, revocation: &Revocation) -> Result<bool, StoreError> {
    use certificate as table;
    let key = table::issuer.eq(&revocation.issuer).and(table::serial.eq(revocation.serial.to_string()));
    let query = diesel::select(diesel::dsl::exists(table::table.filter(key)));
    Ok(on_each!(connection, |c| query.get_result(c))?)
}

fn blocked(revocation: &Revocation, certificate: &CertificateRecord) -> BlockedKey {
    BlockedKey {
        spki_sha256: certificate.spki_sha256,
        reason: revocation.reason.clone(),
        source: format!("certificate {}/{}", revocation.issuer, revocation.serial),
        created_at: revocation.at,
    }
}

/// An entry of a CRL.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct RevokedSerial {
    /// The serial number.
    #[diesel(deserialize_as = Serial)]
    pub serial: SerialNumber,
    /// When it was revoked.
    #[diesel(deserialize_as = Seconds)]
    pub revoked_at: UnixTime,
    /// The RFC 5280 name of the reason.
    pub reason: String,
    /// Since when the key must be thought lost.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub invalidity_date: Option<UnixTime>,
}

/// Makes the CRLs of an issuer's shard list a serial until `not_after`, whether or not a certificate has it.
///
/// # Errors
/// When the database fails.
pub fn list_serial(
    connection: &mut Connection,
    issuer: &str,
    shard: i64,
    entry: &RevokedSerial,
    not_after: UnixTime,
) -> Result<(), StoreError> {
    let row = (
        table::issuer.eq(issuer),
        table::shard.eq(shard),
        table::serial.eq(entry.serial.to_string()),
        table::revoked_at.eq(Seconds(entry.revoked_at)),
        table::reason.eq(&entry.reason),
        table::invalidity_date.eq(seconds(entry.invalidity_date)),
        table::not_after.eq(Seconds(not_after)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// A page of the entries of an issuer's shard, in the order of their serial numbers as text, after a given one.
///
/// RFC 5280 §3.3: an entry stays until it has been on one CRL that was made after the certificate expired. So
/// `expired_before` is thisUpdate of the CRL before: what had expired by then has been listed long enough.
///
/// # Errors
/// When the database fails.
pub fn page(
    connection: &mut Connection,
    issuer: &str,
    shard: i64,
    expired_before: UnixTime,
    after: Option<&SerialNumber>,
    limit: i64,
) -> Result<Vec<RevokedSerial>, StoreError> {
    let after = after.map(ToString::to_string).unwrap_or_default();
    Ok(on_each!(connection, |c| table::table
        .select(RevokedSerial::as_select())
        .filter(table::issuer.eq(issuer).and(table::shard.eq(shard)).and(table::serial.gt(&after)))
        .filter(table::not_after.ge(Seconds(expired_before)))
        .order(table::serial)
        .limit(limit)
        .load(c))?)
}
