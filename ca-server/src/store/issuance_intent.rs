//! Issuance intents: the exact bytes to be signed, committed before anybody signs them, and how each ends.

use ca_core::issuance_request::state::Event;
use ca_core::time::UnixTime;
use ca_core::x509::SerialNumber;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::audit_event::{self, NewAuditEvent};
use super::certificate::{self, NewCertificate};
use super::connection::{Connection, Kept, on_each};
use super::error::StoreError;
use super::fields::{
    AccountId, CertificateId, Finalization, Hash, IntentId, IntentState, Name, Names, OptionalSeconds, OrderId,
    Seconds, Serial, Sha256, names_text, seconds,
};
use super::issuance_request;
use super::order;
use super::revocation::{self, RevokedSerial};
use super::schema::issuance_intent as table;

/// What is recorded about an issuance, with the intent and again with the certificate.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct IssuanceFacts {
    /// The id that the certificate will have.
    pub certificate_id: CertificateId,
    /// Slug of the issuer.
    pub issuer: String,
    /// Serial number, unique for the issuer.
    #[diesel(deserialize_as = Serial)]
    pub serial: SerialNumber,
    /// The ACME order.
    pub order_id: Option<OrderId>,
    /// What it is issued for when that is no ACME order: see [`issuance_request::submission`].
    pub submission: Option<String>,
    /// The ACME endpoint.
    pub endpoint: Option<String>,
    /// The ACME account.
    pub account_id: Option<AccountId>,
    /// Who asked, as in the audit trail.
    pub requester: String,
    /// Name of the profile.
    pub profile: String,
    /// Version of the profile.
    #[diesel(deserialize_as = Hash)]
    pub profile_hash: Sha256,
    /// The policy set that permitted it.
    #[diesel(deserialize_as = Hash)]
    pub policy_set_hash: Sha256,
    /// The decision with the ids of the policies that determined it, in JSON.
    pub decision: String,
    /// SHA-256 of the subject's SubjectPublicKeyInfo.
    #[diesel(deserialize_as = Hash)]
    pub spki_sha256: Sha256,
    /// First instant of validity.
    #[diesel(deserialize_as = Seconds)]
    pub not_before: UnixTime,
    /// Last instant of validity.
    #[diesel(deserialize_as = Seconds)]
    pub not_after: UnixTime,
    /// The subject, in the notation of RFC 4514.
    pub subject: String,
    /// The subject alternative names.
    #[diesel(deserialize_as = Names)]
    pub names: Vec<Name>,
    /// SHA-256 over the sorted set of names: the same for every renewal.
    #[diesel(deserialize_as = Hash)]
    pub names_hash: Sha256,
    /// The CRL shard that would list it.
    pub crl_shard: i64,
    /// The URL of that shard, as in the certificate.
    pub status_url: String,
    /// The certificate it replaces.
    pub replaces: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The HTTP request that asked, as in the log.
    pub request_id: String,
}

/// An intent as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Intent {
    /// Its id.
    pub id: IntentId,
    /// Whether it has ended.
    pub state: IntentState,
    /// DER of the TBSCertificate: whoever signs, signs exactly this.
    pub tbs_certificate: Vec<u8>,
    /// Who works on it.
    pub lease_holder: String,
    /// Until when nobody else takes it over.
    #[diesel(deserialize_as = Seconds)]
    pub lease_until: UnixTime,
    /// When it was recorded.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// When it ended.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub finished_at: Option<UnixTime>,
    /// What the certificate will be.
    #[diesel(embed)]
    pub facts: IssuanceFacts,
}

/// An intent to be stored.
#[derive(Clone, Debug)]
pub struct NewIntent {
    /// Its id.
    pub id: IntentId,
    /// DER of the TBSCertificate.
    pub tbs_certificate: Vec<u8>,
    /// Who will sign.
    pub lease_holder: String,
    /// Until when nobody else takes it over.
    pub lease_until: UnixTime,
    /// When it is recorded.
    pub created_at: UnixTime,
    /// What the certificate will be.
    pub facts: IssuanceFacts,
}

/// Records an intent and moves its order, if it has one, from none to processing, or its request from approved to issuing.
/// Answers `false`, with nothing stored, when somebody else did that before.
///
/// # Errors
/// [`StoreError::Conflict`] with the key that was taken: a serial or a submission.
pub fn start(connection: &mut Connection, new: &NewIntent) -> Result<bool, StoreError> {
    if let Some(order) = new.facts.order_id
        && !order::advance(connection, order, Finalization::None, Finalization::Processing)?
    {
        return Ok(false);
    }
    if let Some((request, version)) = issuance_request::of_submission(&new.facts)
        && !issuance_request::advance(connection, request, version, Event::BeginSigning, new.created_at)?
    {
        return Ok(false);
    }
    insert(connection, new)?;
    Ok(true)
}

fn insert(connection: &mut Connection, new: &NewIntent) -> Result<(), StoreError> {
    let facts = &new.facts;
    let row = (
        table::id.eq(new.id),
        table::state.eq(IntentState::Open),
        table::tbs_certificate.eq(&new.tbs_certificate),
        table::lease_holder.eq(&new.lease_holder),
        table::lease_until.eq(Seconds(new.lease_until)),
        table::created_at.eq(Seconds(new.created_at)),
        table::certificate_id.eq(facts.certificate_id),
        table::issuer.eq(&facts.issuer),
        table::serial.eq(facts.serial.to_string()),
        table::order_id.eq(facts.order_id),
        table::submission.eq(&facts.submission),
        table::endpoint.eq(&facts.endpoint),
        table::account_id.eq(facts.account_id),
        table::requester.eq(&facts.requester),
        table::profile.eq(&facts.profile),
        table::profile_hash.eq(Hash(facts.profile_hash)),
        table::policy_set_hash.eq(Hash(facts.policy_set_hash)),
        table::decision.eq(&facts.decision),
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
        table::request_id.eq(&facts.request_id),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The intent of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: IntentId) -> Result<Option<Intent>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(Intent::as_select()).first(c).optional())?)
}

/// Ends an open intent with its certificate: certificate, names, order and audit event in this write. Answers `false`,
/// with nothing stored, when somebody else ended it first; then the signature is to be dropped.
///
/// # Errors
/// [`StoreError::Corrupt`] when its order is not being processed, which is impossible.
pub fn complete(
    connection: &mut Connection,
    id: IntentId,
    new: &NewCertificate,
    audit: &NewAuditEvent,
) -> Result<bool, StoreError> {
    if !finish(connection, id, IntentState::Issued, new.issued_at)? {
        return Ok(false);
    }
    certificate::insert(connection, new)?;
    if let Some(order) = new.facts.order_id
        && !order::issue(connection, order, new.facts.certificate_id)?
    {
        return Err(StoreError::corrupt(format!("order {order} has an open intent and is not being processed")));
    }
    if let Some((request, _)) = issuance_request::of_submission(&new.facts)
        && !issuance_request::issue(connection, request, new.facts.certificate_id, new.issued_at)?
    {
        return Err(StoreError::corrupt(format!("request {request} has an open intent and is not being signed")));
    }
    audit_event::insert(connection, audit)?;
    Ok(true)
}

/// Why an intent is given up.
#[derive(Clone, Debug)]
pub struct Abandonment {
    /// When.
    pub at: UnixTime,
    /// The order's problem document in JSON.
    pub problem: String,
    /// The RFC 5280 reason under which the serial is listed.
    pub reason: String,
    /// Why it makes no sense to try again with another serial, if it makes none, for everybody who hears of it.
    pub for_good: Option<String>,
}

/// Gives up an open intent: its order fails, and its serial is listed as revoked, because a signature may exist.
/// Answers `false`, with nothing stored, when somebody else ended it first.
///
/// # Errors
/// When the database fails.
pub fn abandon(
    connection: &mut Connection,
    intent: &Intent,
    why: &Abandonment,
    audit: &NewAuditEvent,
) -> Result<bool, StoreError> {
    if !finish(connection, intent.id, IntentState::Abandoned, why.at)? {
        return Ok(false);
    }
    if let Some(order) = intent.facts.order_id {
        order::fail(connection, order, Finalization::Processing, &why.problem)?;
    }
    match (issuance_request::of_submission(&intent.facts), &why.for_good) {
        (Some((request, _)), Some(outcome)) => {
            issuance_request::fail_signing(connection, request, outcome, why.at)?;
        }
        // What people approved stays approved: a job tries again with another serial.
        (Some((request, version)), None) => {
            issuance_request::advance(connection, request, version, Event::AbandonSigning, why.at)?;
        }
        (None, _) => {}
    }
    let entry = RevokedSerial {
        serial: intent.facts.serial.clone(),
        revoked_at: why.at,
        reason: why.reason.clone(),
        invalidity_date: None,
    };
    let facts = &intent.facts;
    revocation::list_serial(connection, &facts.issuer, facts.crl_shard, &entry, facts.not_after)?;
    audit_event::insert(connection, audit)?;
    Ok(true)
}

fn finish(connection: &mut Connection, id: IntentId, to: IntentState, at: UnixTime) -> Result<bool, StoreError> {
    let open = table::table.filter(table::id.eq(id).and(table::state.eq(IntentState::Open)));
    let update = diesel::update(open).set((table::state.eq(to), table::finished_at.eq(seconds(Some(at)))));
    Ok(on_each!(connection, |c| Kept(update).execute(c))? == 1)
}

/// The condition of the partial indexes, word for word: a bound value would not let the engines use them.
fn is_open() -> diesel::expression::SqlLiteral<Bool> {
    sql::<Bool>("state = 'open'")
}

/// Open intents whose lease has run out, longest first, now leased to `holder`. Intents that another server takes at the
/// same time are left to it.
///
/// # Errors
/// When the database fails.
pub fn take_over(
    connection: &mut Connection,
    holder: &str,
    now: UnixTime,
    until: UnixTime,
    limit: i64,
) -> Result<Vec<Intent>, StoreError> {
    let mut taken = on_each!(connection, |c| table::table
        .select(Intent::as_select())
        .filter(is_open().and(table::lease_until.le(Seconds(now))))
        .order(table::lease_until)
        .limit(limit)
        .load(c))?;
    let mut lost = Vec::new();
    for intent in &mut taken {
        if lease(connection, intent, holder, until)? {
            intent.lease_holder = holder.to_owned();
            intent.lease_until = until;
        } else {
            lost.push(intent.id);
        }
    }
    taken.retain(|intent| !lost.contains(&intent.id));
    Ok(taken)
}

/// Whether a certificate for that public key is begun and has not ended.
///
/// # Errors
/// When the database fails.
pub fn is_open_for(connection: &mut Connection, spki_sha256: Sha256) -> Result<bool, StoreError> {
    // Every lease is later, and so the few that are open are found by their index.
    let ever = Seconds(UnixTime::from_seconds(0));
    let found: Option<IntentId> = on_each!(connection, |c| table::table
        .select(table::id)
        .filter(is_open().and(table::lease_until.gt(ever)).and(table::spki_sha256.eq(Hash(spki_sha256))))
        .order(table::lease_until)
        .first(c)
        .optional())?;
    Ok(found.is_some())
}

/// Lengthens or takes the lease of an open intent that is still leased as in `seen`; answers whether it was.
///
/// # Errors
/// When the database fails.
pub fn lease(connection: &mut Connection, seen: &Intent, holder: &str, until: UnixTime) -> Result<bool, StoreError> {
    let unchanged = table::table
        .filter(table::id.eq(seen.id).and(table::state.eq(IntentState::Open)))
        .filter(table::lease_holder.eq(&seen.lease_holder).and(table::lease_until.eq(Seconds(seen.lease_until))));
    let update = diesel::update(unchanged).set((table::lease_holder.eq(holder), table::lease_until.eq(Seconds(until))));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}
