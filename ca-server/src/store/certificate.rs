//! Certificates and their names.

use ca_core::time::UnixTime;
use ca_core::x509::SerialNumber;
use diesel::prelude::*;

use super::certificate_name;
use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::expiry_watch;
use super::fields::{
    AccountId, CertificateId, Hash, Name, Names, OptionalSeconds, OrderId, Seconds, Serial, Sha256, names_text,
};
use super::issuance_intent::IssuanceFacts;
use super::schema::certificate as table;

/// A certificate as stored, without its octets.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct CertificateRecord {
    /// Its id, also in its ACME URL.
    pub id: CertificateId,
    /// Slug of the issuer.
    pub issuer: String,
    /// Serial number.
    #[diesel(deserialize_as = Serial)]
    pub serial: SerialNumber,
    /// SHA-256 of its DER.
    #[diesel(deserialize_as = Hash)]
    pub fingerprint: Sha256,
    /// The ACME order it came from.
    pub order_id: Option<OrderId>,
    /// The ACME endpoint.
    pub endpoint: Option<String>,
    /// The ACME account.
    pub account_id: Option<AccountId>,
    /// Who asked for it.
    pub requester: String,
    /// Name of its profile.
    pub profile: String,
    /// Version of its profile.
    #[diesel(deserialize_as = Hash)]
    pub profile_hash: Sha256,
    /// The policy set that permitted it.
    #[diesel(deserialize_as = Hash)]
    pub policy_set_hash: Sha256,
    /// SHA-256 of its SubjectPublicKeyInfo.
    #[diesel(deserialize_as = Hash)]
    pub spki_sha256: Sha256,
    /// First instant of validity.
    #[diesel(deserialize_as = Seconds)]
    pub not_before: UnixTime,
    /// Last instant of validity.
    #[diesel(deserialize_as = Seconds)]
    pub not_after: UnixTime,
    /// Its subject, in the notation of RFC 4514.
    pub subject: String,
    /// Its subject alternative names.
    #[diesel(deserialize_as = Names)]
    pub names: Vec<Name>,
    /// SHA-256 over the sorted set of names.
    #[diesel(deserialize_as = Hash)]
    pub names_hash: Sha256,
    /// The CRL shard that lists it when revoked.
    pub crl_shard: i64,
    /// The URL of that shard, as in the certificate.
    pub status_url: String,
    /// The certificate it replaces.
    pub replaces: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// When it was recorded.
    #[diesel(deserialize_as = Seconds)]
    pub issued_at: UnixTime,
    /// When it was revoked.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub revoked_at: Option<UnixTime>,
    /// The RFC 5280 name of the reason.
    pub reason: Option<String>,
    /// Since when the key must be thought lost.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub invalidity_date: Option<UnixTime>,
    /// Until when its holder is asked to renew it.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub renew_by: Option<UnixTime>,
}

/// A certificate as stored, with its octets.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Certificate {
    /// Everything known about it.
    #[diesel(embed)]
    pub record: CertificateRecord,
    /// The certificate in DER.
    pub der: Vec<u8>,
}

/// A certificate to be stored.
#[derive(Clone, Debug)]
pub struct NewCertificate {
    /// What its intent said.
    pub facts: IssuanceFacts,
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// SHA-256 of the DER.
    pub fingerprint: Sha256,
    /// When it is recorded.
    pub issued_at: UnixTime,
}

/// Stores a certificate with its names, and watches over its renewal. Most callers want
/// [`issuance_intent::complete`](super::issuance_intent::complete).
///
/// # Errors
/// [`StoreError::Conflict`] when its serial or its order has a certificate.
pub fn insert(connection: &mut Connection, new: &NewCertificate) -> Result<(), StoreError> {
    let facts = &new.facts;
    let row = (
        table::id.eq(facts.certificate_id),
        table::issuer.eq(&facts.issuer),
        table::serial.eq(facts.serial.to_string()),
        table::der.eq(&new.der),
        table::fingerprint.eq(Hash(new.fingerprint)),
        table::order_id.eq(facts.order_id),
        table::endpoint.eq(&facts.endpoint),
        table::account_id.eq(facts.account_id),
        table::requester.eq(&facts.requester),
        table::profile.eq(&facts.profile),
        table::profile_hash.eq(Hash(facts.profile_hash)),
        table::policy_set_hash.eq(Hash(facts.policy_set_hash)),
        table::spki_sha256.eq(Hash(facts.spki_sha256)),
        table::not_before.eq(Seconds(facts.not_before)),
        table::not_after.eq(Seconds(facts.not_after)),
        table::subject.eq(&facts.subject),
        table::names.eq(names_text(&facts.names)),
        table::names_hash.eq(Hash(facts.names_hash)),
        table::crl_shard.eq(facts.crl_shard),
        table::status_url.eq(&facts.status_url),
        table::replaces.eq(&facts.replaces),
        table::owner.eq(&facts.owner),
        table::issued_at.eq(Seconds(new.issued_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    certificate_name::insert(connection, facts.certificate_id, &facts.names, &facts.subject)?;
    expiry_watch::begin(connection, new)
}

/// The certificate of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: CertificateId) -> Result<Option<Certificate>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(Certificate::as_select()).first(c).optional())?)
}

/// The certificates of these ids that exist, newest first, without their octets.
///
/// # Errors
/// When the database fails.
pub fn records(connection: &mut Connection, ids: &[CertificateId]) -> Result<Vec<CertificateRecord>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_each!(connection, |c| table::table
        .select(CertificateRecord::as_select())
        .filter(table::id.eq_any(ids))
        .order(table::id.desc())
        .load(c))?)
}

/// The certificate of an id that was issued to an ACME account.
///
/// # Errors
/// When the database fails.
pub fn of_account(
    connection: &mut Connection,
    account: AccountId,
    id: CertificateId,
) -> Result<Option<Certificate>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Certificate::as_select())
        .filter(table::id.eq(id).and(table::account_id.eq(account)))
        .first(c)
        .optional())?)
}

/// The certificate of a serial number.
///
/// # Errors
/// When the database fails.
pub fn by_serial(
    connection: &mut Connection,
    issuer: &str,
    serial: &SerialNumber,
) -> Result<Option<Certificate>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Certificate::as_select())
        .filter(table::issuer.eq(issuer).and(table::serial.eq(serial.to_string())))
        .first(c)
        .optional())?)
}

/// When the newest certificate was recorded: a clock that reads much earlier is wrong.
///
/// # Errors
/// When the database fails.
pub fn newest(connection: &mut Connection) -> Result<Option<UnixTime>, StoreError> {
    let query = table::table.select(table::issued_at).order(table::id.desc());
    let newest: Option<Seconds> = on_each!(connection, |c| query.first(c).optional())?;
    Ok(newest.map(Into::into))
}

/// The certificate of a fingerprint: SHA-256 of its DER.
///
/// # Errors
/// When the database fails.
pub fn by_fingerprint(connection: &mut Connection, fingerprint: Sha256) -> Result<Option<Certificate>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(Certificate::as_select())
        .filter(table::fingerprint.eq(Hash(fingerprint)))
        .first(c)
        .optional())?)
}
