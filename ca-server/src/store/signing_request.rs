//! Requests for signatures: one row a request, changed by compare-and-set.

use std::collections::BTreeMap;

use ca_core::signing::{DigestSetHash, Format, SigningEvent, SigningState};
use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{
    CertificateId, FormatWord, Hash, OptionalSeconds, Pairs, Seconds, Sha256, SigningRequestId, SigningStateWord,
    pairs_text, seconds,
};
use super::schema::signing_request as table;

/// A request as stored.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct StoredSigningRequest {
    /// Its id.
    pub id: SigningRequestId,
    /// Where it stands.
    #[diesel(deserialize_as = SigningStateWord)]
    pub state: SigningState,
    /// Name of the signing profile.
    pub profile: String,
    /// The version of the profile that it was made under.
    #[diesel(deserialize_as = Hash)]
    pub profile_hash: Sha256,
    /// `test` or `release`.
    pub environment: String,
    /// What is to be made of the digests.
    #[diesel(deserialize_as = FormatWord)]
    pub format: Format,
    /// What approvals are for.
    #[diesel(deserialize_as = Hash)]
    pub digest_set: Sha256,
    /// How many artifacts.
    pub items: i64,
    /// Why, as whoever asked says.
    pub reason: String,
    /// By what whoever asked is known: the subject of a token.
    pub subject: String,
    /// Who asked, as in the audit trail.
    pub requester: String,
    /// The person behind that, by sign-in name.
    pub requester_person: Option<String>,
    /// The person who set off the job that asked, by sign-in name.
    pub job_person: Option<String>,
    /// What the token of the CI claimed, verified.
    #[diesel(deserialize_as = Pairs)]
    pub claims: BTreeMap<String, String>,
    /// Where the artifacts come from, as whoever asked says.
    #[diesel(deserialize_as = Pairs)]
    pub provenance: BTreeMap<String, String>,
    /// The security officer who let it through alone.
    pub glass_broken_by: Option<String>,
    /// The certificate that signs.
    pub certificate_id: Option<CertificateId>,
    /// Its key.
    pub key_id: Option<String>,
    /// Why it ended without signatures, or what is in the way.
    pub outcome: Option<String>,
    /// Whether that may go better without anybody asking again.
    pub retryable: bool,
    /// How often signing was begun.
    pub attempts: i64,
    /// When it was made.
    #[diesel(deserialize_as = Seconds)]
    pub created_at: UnixTime,
    /// When it ends undecided.
    #[diesel(deserialize_as = Seconds)]
    pub expires_at: UnixTime,
    /// When it ended.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub ended_at: Option<UnixTime>,
}

impl StoredSigningRequest {
    /// What approvals are for.
    pub fn set(&self) -> DigestSetHash {
        DigestSetHash::from_bytes(self.digest_set)
    }

    /// Whether its time is over, whether or not anybody has ended it.
    pub fn is_overdue(&self, now: UnixTime) -> bool {
        self.expires_at <= now
    }
}

/// Stores a request that asks for something that is not asked for at this moment.
///
/// # Errors
/// [`StoreError::Conflict`] when a request has the same `open_key`.
pub fn insert(connection: &mut Connection, new: &StoredSigningRequest, open_key: Sha256) -> Result<(), StoreError> {
    let who = (
        table::subject.eq(&new.subject),
        table::requester.eq(&new.requester),
        table::requester_person.eq(&new.requester_person),
        table::job_person.eq(&new.job_person),
        table::claims.eq(pairs_text(&new.claims)),
        table::provenance.eq(pairs_text(&new.provenance)),
    );
    let row = (
        table::id.eq(new.id),
        table::state.eq(SigningStateWord(new.state)),
        table::profile.eq(&new.profile),
        table::profile_hash.eq(Hash(new.profile_hash)),
        table::environment.eq(&new.environment),
        table::format.eq(FormatWord(new.format)),
        table::digest_set.eq(Hash(new.digest_set)),
        table::items.eq(new.items),
        table::reason.eq(&new.reason),
        who,
        table::open_key.eq(Hash(open_key)),
        table::retryable.eq(false),
        table::attempts.eq(0_i64),
        table::next_try.eq(0_i64),
        table::lease_until.eq(0_i64),
        table::created_at.eq(Seconds(new.created_at)),
        table::expires_at.eq(Seconds(new.expires_at)),
    );
    on_each!(connection, |c| diesel::insert_into(table::table).values(row).execute(c))?;
    Ok(())
}

/// The request of an id.
///
/// # Errors
/// When the database fails.
pub fn by_id(connection: &mut Connection, id: SigningRequestId) -> Result<Option<StoredSigningRequest>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(StoredSigningRequest::as_select()).first(c).optional())?)
}

/// The request that asks for the same at this moment, or got it.
///
/// # Errors
/// When the database fails.
pub fn by_open_key(connection: &mut Connection, key: Sha256) -> Result<Option<StoredSigningRequest>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(StoredSigningRequest::as_select())
        .filter(table::open_key.eq(Hash(key)))
        .first(c)
        .optional())?)
}

/// Lets the same be asked for anew.
///
/// # Errors
/// When the database fails.
pub fn release_key(connection: &mut Connection, id: SigningRequestId) -> Result<(), StoreError> {
    let update = diesel::update(table::table.find(id)).set(table::open_key.eq(None::<Hash>));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// Takes a step that leaves the request open, or ends it with its signatures; answers whether it was at its beginning.
///
/// # Errors
/// When the database fails.
pub fn advance(
    connection: &mut Connection,
    id: SigningRequestId,
    event: SigningEvent,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let Some(row) = by_id(connection, id)? else { return Ok(false) };
    let towards_a_signature = matches!(event, SigningEvent::ApprovalsComplete | SigningEvent::BeginSigning);
    if towards_a_signature && row.is_overdue(now) {
        return Ok(false);
    }
    let Ok(next) = row.state.after(event) else { return Ok(false) };
    let same = table::table.filter(table::id.eq(id).and(table::state.eq(SigningStateWord(row.state))));
    let ended = (!next.is_open()).then_some(now);
    let update = diesel::update(same).set((
        table::state.eq(SigningStateWord(next)),
        table::ended_at.eq(seconds(ended)),
        table::outcome.eq(None::<String>),
        table::retryable.eq(false),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// A security officer lets a pending request through alone; answers whether it was pending.
///
/// # Errors
/// When the database fails.
pub fn break_glass(
    connection: &mut Connection,
    id: SigningRequestId,
    officer: &str,
    now: UnixTime,
) -> Result<bool, StoreError> {
    if !advance(connection, id, SigningEvent::ApprovalsComplete, now)? {
        return Ok(false);
    }
    let update = diesel::update(table::table.find(id)).set(table::glass_broken_by.eq(officer));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Chooses certificate and key for an approved request; answers whether it was approved.
///
/// # Errors
/// When the database fails.
pub fn begin(
    connection: &mut Connection,
    id: SigningRequestId,
    certificate: CertificateId,
    key: &str,
    now: UnixTime,
) -> Result<bool, StoreError> {
    if !advance(connection, id, SigningEvent::BeginSigning, now)? {
        return Ok(false);
    }
    let chosen = (table::certificate_id.eq(certificate), table::key_id.eq(key));
    let update = diesel::update(table::table.find(id)).set(chosen);
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Ends `seen` without signatures; answers `false` when it has moved on.
///
/// # Errors
/// When the database fails.
pub fn end(
    connection: &mut Connection,
    seen: &StoredSigningRequest,
    event: SigningEvent,
    outcome: &str,
    at: UnixTime,
) -> Result<bool, StoreError> {
    let Ok(next) = seen.state.after(event) else { return Ok(false) };
    let same = table::table.filter(table::id.eq(seen.id).and(table::state.eq(SigningStateWord(seen.state))));
    let update = diesel::update(same).set((
        table::state.eq(SigningStateWord(next)),
        table::outcome.eq((!outcome.is_empty()).then_some(outcome)),
        table::retryable.eq(false),
        table::ended_at.eq(seconds(Some(at))),
        table::open_key.eq(None::<Hash>),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Takes an approved or signing request for this process until an instant; answers whether nobody else has it.
///
/// # Errors
/// When the database fails.
pub fn claim(
    connection: &mut Connection,
    id: SigningRequestId,
    holder: &str,
    now: UnixTime,
    until: UnixTime,
) -> Result<bool, StoreError> {
    let going = [SigningState::Approved, SigningState::Signing].map(SigningStateWord);
    let free = table::lease_until.le(Seconds(now)).or(table::lease_holder.eq(holder));
    let there = table::table.filter(table::id.eq(id).and(table::state.eq_any(going))).filter(free.assume_not_null());
    let update = diesel::update(there).set((table::lease_holder.eq(holder), table::lease_until.eq(Seconds(until))));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Gives a request back, to be taken up again at `next_try`, and says what is in the way.
///
/// # Errors
/// When the database fails.
pub fn postpone(
    connection: &mut Connection,
    id: SigningRequestId,
    outcome: &str,
    next_try: UnixTime,
) -> Result<(), StoreError> {
    let going = [SigningState::Approved, SigningState::Signing].map(SigningStateWord);
    let there = table::table.filter(table::id.eq(id).and(table::state.eq_any(going)));
    let update = diesel::update(there).set((
        table::outcome.eq(outcome),
        table::retryable.eq(true),
        table::attempts.eq(table::attempts + 1),
        table::next_try.eq(Seconds(next_try)),
        table::lease_until.eq(0_i64),
    ));
    on_each!(connection, |c| update.execute(c))?;
    Ok(())
}

/// A request, as the audit trail calls it.
pub fn object(id: SigningRequestId) -> String {
    format!("signing-request {id}")
}

/// Deletes a request that was never completely submitted.
///
/// # Errors
/// When the database fails.
pub fn forget(connection: &mut Connection, id: SigningRequestId) -> Result<(), StoreError> {
    let received = table::table.filter(table::id.eq(id).and(table::state.eq(SigningStateWord(SigningState::Received))));
    on_each!(connection, |c| diesel::delete(received).execute(c))?;
    Ok(())
}
