//! The ledger: every signature over an artifact that was made.

use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::Format;
use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;

use super::fields::{
    CertificateId, DigestWord, FormatWord, OptionalSeconds, Seconds, SignatureId, SigningGrantId, SigningRequestId,
    seconds,
};
use super::schema::{certificate, signature as table, signing_item};

/// A signature without its octets.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct SignatureRecord {
    /// Its id.
    pub id: SignatureId,
    /// The request that it was made for.
    pub request_id: Option<SigningRequestId>,
    /// Number of the item in it.
    pub n: Option<i64>,
    /// Or the grant.
    pub grant_id: Option<SigningGrantId>,
    /// Name of the signing profile.
    pub profile: String,
    /// Its form.
    #[diesel(deserialize_as = FormatWord)]
    pub format: Format,
    /// What the artifact was called.
    pub name: String,
    /// The hash function.
    #[diesel(deserialize_as = DigestWord)]
    pub algorithm: DigestAlgorithm,
    /// The artifact's digest.
    pub digest: Vec<u8>,
    /// Who asked.
    pub subject: String,
    /// The certificate that verifies it.
    pub certificate_id: CertificateId,
    /// The time in its timestamp.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub timestamp_at: Option<UnixTime>,
    /// The serial number of its timestamp, in hexadecimal.
    pub timestamp_serial: Option<String>,
    /// When it was made.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
}

/// A signature with what became of its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The signature.
    pub record: SignatureRecord,
    /// When its certificate was revoked.
    pub withdrawn_at: Option<UnixTime>,
    /// By what it was found.
    pub found_by: FoundBy,
}

/// By what a signature was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// By what it covers, or by its place in a list.
    Digest,
    /// By the hash of the whole file, which whoever asked for the signature named: the signature does not cover it.
    File,
}

/// Stores a signature. Answers `false`, with nothing stored, when the item of its request has one.
///
/// # Errors
/// When the database fails.
pub fn insert(connection: &mut Connection, record: &SignatureRecord, octets: &[u8]) -> Result<bool, StoreError> {
    let row = (
        table::id.eq(record.id),
        table::request_id.eq(record.request_id),
        table::n.eq(record.n),
        table::grant_id.eq(record.grant_id),
        table::profile.eq(&record.profile),
        table::format.eq(FormatWord(record.format)),
        table::name.eq(&record.name),
        table::algorithm.eq(DigestWord(record.algorithm)),
        table::digest.eq(&record.digest),
        table::subject.eq(&record.subject),
        table::certificate_id.eq(record.certificate_id),
        table::octets.eq(octets),
        table::timestamp_at.eq(seconds(record.timestamp_at)),
        table::timestamp_serial.eq(&record.timestamp_serial),
        table::created_at.eq(Seconds(record.created_at)),
    );
    let key = (table::request_id, table::n);
    Ok(on_each!(connection, |c| {
        diesel::insert_into(table::table).values(row).on_conflict(key).do_nothing().execute(c)
    })? == 1)
}

/// How many items of a request have a signature.
///
/// # Errors
/// When the database fails.
pub fn count(connection: &mut Connection, request: SigningRequestId) -> Result<i64, StoreError> {
    let query = table::table.filter(table::request_id.eq(request)).count();
    Ok(on_each!(connection, |c| query.get_result(c))?)
}

/// Numbers of a request's items that have a signature.
///
/// # Errors
/// When the database fails.
pub fn numbers(connection: &mut Connection, request: SigningRequestId) -> Result<Vec<i64>, StoreError> {
    let query = table::table.filter(table::request_id.eq(request)).select(table::n.assume_not_null());
    Ok(on_each!(connection, |c| query.load(c))?)
}

/// The octets of one item's signature.
///
/// # Errors
/// When the database fails.
pub fn octets(connection: &mut Connection, request: SigningRequestId, n: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let query = table::table.filter(table::request_id.eq(request).and(table::n.eq(n))).select(table::octets);
    Ok(on_each!(connection, |c| query.first(c).optional())?)
}

/// Number and octets of a request's signatures, after a given number.
///
/// # Errors
/// When the database fails.
pub fn all_octets(
    connection: &mut Connection,
    request: SigningRequestId,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let number = table::n.assume_not_null();
    Ok(on_each!(connection, |c| table::table
        .select((number, table::octets))
        .filter(table::request_id.eq(request).and(table::n.gt(after)))
        .order(table::n)
        .limit(limit)
        .load(c))?)
}

/// The signatures of a request, after a given number.
///
/// # Errors
/// When the database fails.
pub fn of_request(
    connection: &mut Connection,
    request: SigningRequestId,
    after: i64,
    limit: i64,
) -> Result<Vec<LedgerLine>, StoreError> {
    let found: Vec<(SignatureRecord, OptionalSeconds)> = on_each!(connection, |c| table::table
        .inner_join(certificate::table.on(certificate::id.eq(table::certificate_id)))
        .select((SignatureRecord::as_select(), certificate::revoked_at))
        .filter(table::request_id.eq(request).and(table::n.gt(after)))
        .order(table::n)
        .limit(limit)
        .load(c))?;
    Ok(found.into_iter().map(line).collect())
}

/// The signatures over a digest, newest first.
///
/// # Errors
/// When the database fails.
pub fn of_digest(connection: &mut Connection, digest: &[u8], limit: i64) -> Result<Vec<LedgerLine>, StoreError> {
    let found: Vec<(SignatureRecord, OptionalSeconds)> = on_each!(connection, |c| table::table
        .inner_join(certificate::table.on(certificate::id.eq(table::certificate_id)))
        .select((SignatureRecord::as_select(), certificate::revoked_at))
        .filter(table::digest.eq(digest))
        .order(table::id.desc())
        .limit(limit)
        .load(c))?;
    Ok(found.into_iter().map(line).collect())
}

/// The signatures that were asked for as those of a file with this SHA-256, newest first.
///
/// # Errors
/// When the database fails.
pub fn of_file(connection: &mut Connection, sha256: &[u8], limit: i64) -> Result<Vec<LedgerLine>, StoreError> {
    let item = signing_item::request_id.nullable().eq(table::request_id).and(signing_item::n.nullable().eq(table::n));
    let found: Vec<(SignatureRecord, OptionalSeconds)> = on_each!(connection, |c| table::table
        .inner_join(signing_item::table.on(item))
        .inner_join(certificate::table.on(certificate::id.eq(table::certificate_id)))
        .select((SignatureRecord::as_select(), certificate::revoked_at))
        .filter(signing_item::file_sha256.eq(sha256))
        .order(table::id.desc())
        .limit(limit)
        .load(c))?;
    Ok(found.into_iter().map(|found| LedgerLine { found_by: FoundBy::File, ..line(found) }).collect())
}

/// The newest signatures, older than a given one.
///
/// # Errors
/// When the database fails.
pub fn newest(
    connection: &mut Connection,
    after: Option<SignatureId>,
    limit: i64,
) -> Result<Vec<LedgerLine>, StoreError> {
    let found: Vec<(SignatureRecord, OptionalSeconds)> = on_each!(connection, |c| {
        let mut query = table::table
            .inner_join(certificate::table.on(certificate::id.eq(table::certificate_id)))
            .select((SignatureRecord::as_select(), certificate::revoked_at))
            .order(table::id.desc())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(table::id.lt(after));
        }
        query.limit(limit).load(c)
    })?;
    Ok(found.into_iter().map(line).collect())
}

/// The signatures that a certificate verifies, newest first.
///
/// # Errors
/// When the database fails.
pub fn of_certificate(
    connection: &mut Connection,
    certificate: CertificateId,
    limit: i64,
) -> Result<Vec<SignatureRecord>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(SignatureRecord::as_select())
        .filter(table::certificate_id.eq(certificate))
        .order(table::id.desc())
        .limit(limit)
        .load(c))?)
}

/// How many signatures a certificate verifies.
///
/// # Errors
/// When the database fails.
pub fn count_of_certificate(connection: &mut Connection, certificate: CertificateId) -> Result<i64, StoreError> {
    let query = table::table.filter(table::certificate_id.eq(certificate)).count();
    Ok(on_each!(connection, |c| query.get_result(c))?)
}

fn line((record, revoked_at): (SignatureRecord, OptionalSeconds)) -> LedgerLine {
    LedgerLine { record, withdrawn_at: revoked_at.into(), found_by: FoundBy::Digest }
}
