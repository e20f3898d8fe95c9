//! Requests that people approve: one row a request, changed by compare-and-set.

use ca_core::issuance_request::state::Event;
use ca_core::issuance_request::{RequestDigest, RequestState, Version};
use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{
    CertificateId, Hash, IssuanceRequestId, Name, Names, OptionalSeconds, RequestStateWord, Seconds, Sha256,
    names_text, seconds,
};
use super::issuance_intent::IssuanceFacts;
use super::schema::issuance_request as table;
use super::sealed::Place;

/// What the present revision asks for, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct Asked {
    /// Digest of the present revision.
    #[diesel(deserialize_as = Hash)]
    pub digest: Sha256,
    /// Name of the profile.
    pub profile: String,
    /// Slug of the issuer.
    pub issuer: String,
    /// The subject, in the notation of RFC 4514.
    pub subject: String,
    /// The subject alternative names.
    #[diesel(deserialize_as = Names)]
    pub names: Vec<Name>,
    /// Type of the key.
    pub key_algorithm: String,
    /// SHA-256 of the key's SubjectPublicKeyInfo.
    #[diesel(deserialize_as = Hash)]
    pub spki_sha256: Sha256,
    /// So many people must approve.
    pub approvals_required: i64,
    /// Who answers for the certificate.
    pub owner: Option<String>,
    /// An e-mail address that hears what becomes of it.
    pub notify: Option<String>,
}

/// A request as stored, without its private key.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct StoredRequest {
    /// Its id.
    pub id: IssuanceRequestId,
    /// Where it stands.
    #[diesel(deserialize_as = RequestStateWord)]
    pub state: RequestState,
    /// How often it was changed, counted from 1.
    pub revision: i64,
    /// What it asks for.
    #[diesel(embed)]
    pub asked: Asked,
    /// Who asked, as in the audit trail.
    pub requester: String,
    /// The person behind that, by sign-in name.
    pub requester_person: Option<String>,
    /// Why it was rejected or failed, for everybody who may know of it, the holder of a fetch code among them.
    pub outcome: Option<String>,
    /// The certificate it ended with.
    pub certificate_id: Option<CertificateId>,
    /// When the private key was handed over.
    #[diesel(deserialize_as = OptionalSeconds)]
    pub key_delivered_at: Option<UnixTime>,
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

impl StoredRequest {
    /// What it asks for now.
    pub fn version(&self) -> Version {
        Version { revision: self.revision, digest: RequestDigest::from_bytes(self.asked.digest) }
    }

    /// What it will be when it asks for something else.
    pub fn next(&self, digest: RequestDigest) -> Version {
        Version { revision: self.revision + 1, digest }
    }

    /// Whether its time is over, whether or not anybody has ended it.
    pub fn is_overdue(&self, now: UnixTime) -> bool {
        self.expires_at <= now
    }
}

/// A request to be stored.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// Its id.
    pub id: IssuanceRequestId,
    /// What it asks for.
    pub asked: Asked,
    /// Who asks, as in the audit trail.
    pub requester: String,
    /// The person behind that.
    pub requester_person: Option<String>,
    /// What makes a second submission the same one, and SHA-256 of what was submitted: see [`by_submission`].
    pub submission: Option<(String, Sha256)>,
    /// The private key that this server made, sealed for [`key_place`].
    pub private_key: Option<Vec<u8>>,
    /// When it is made.
    pub created_at: UnixTime,
    /// When it ends undecided.
    pub expires_at: UnixTime,
}

/// Where a private key is sealed; `row` is the id as text.
pub const fn key_place(row: &str) -> Place<'_> {
    Place { table: "issuance_request", column: "private_key", row }
}

const SUBMISSION: &str = "request:";

/// What an intent calls the request, and the version of it, that it is for.
pub fn submission(id: IssuanceRequestId, version: Version) -> String {
    format!("{SUBMISSION}{id}/{}/{}", version.revision, version.digest)
}

/// The request that an intent is for, if it is for one.
pub fn of_submission(facts: &IssuanceFacts) -> Option<(IssuanceRequestId, Version)> {
    let (id, version) = facts.submission.as_deref()?.strip_prefix(SUBMISSION)?.split_once('/')?;
    let (revision, digest) = version.split_once('/')?;
    Some((id.parse().ok()?, Version { revision: revision.parse().ok()?, digest: RequestDigest::parse(digest)? }))
}

/// Stores a pending request at its first revision.
///
/// # Errors
/// [`StoreError::Conflict`] when there is one of the same submission.
pub fn insert(connection: &mut Connection, new: &NewRequest) -> Result<(), StoreError> {
    let asked = &new.asked;
    let (submission, digest) = new.submission.clone().unzip();
    let row = (
        table::id.eq(new.id),
        table::state.eq(RequestStateWord(RequestState::Pending)),
        table::revision.eq(1_i64),
        table::digest.eq(Hash(asked.digest)),
        table::profile.eq(&asked.profile),
        table::issuer.eq(&asked.issuer),
        table::subject.eq(&asked.subject),
        table::names.eq(names_text(&asked.names)),
        table::key_algorithm.eq(&asked.key_algorithm),
        table::spki_sha256.eq(Hash(asked.spki_sha256)),
        table::approvals_required.eq(asked.approvals_required),
        table::owner.eq(&asked.owner),
        table::notify.eq(&asked.notify),
        table::requester.eq(&new.requester),
        table::requester_person.eq(&new.requester_person),
        table::submission.eq(submission),
        table::submission_digest.eq(digest.map(Hash)),
        table::private_key.eq(&new.private_key),
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
pub fn by_id(connection: &mut Connection, id: IssuanceRequestId) -> Result<Option<StoredRequest>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(StoredRequest::as_select()).first(c).optional())?)
}

/// The request that was made by the same submission, with SHA-256 of what was submitted.
///
/// # Errors
/// When the database fails.
pub fn by_submission(
    connection: &mut Connection,
    submission: &str,
) -> Result<Option<(IssuanceRequestId, Vec<u8>)>, StoreError> {
    let found: Option<(IssuanceRequestId, Option<Vec<u8>>)> = on_each!(connection, |c| table::table
        .select((table::id, table::submission_digest))
        .filter(table::submission.eq(submission))
        .first(c)
        .optional())?;
    Ok(found.map(|(id, digest)| (id, digest.unwrap_or_default())))
}

/// A request, as the audit trail calls it.
pub fn object(id: IssuanceRequestId) -> String {
    format!("request {id}")
}

/// The request that ended with a certificate.
///
/// # Errors
/// When the database fails.
pub fn by_certificate(
    connection: &mut Connection,
    certificate: CertificateId,
) -> Result<Option<StoredRequest>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(StoredRequest::as_select())
        .filter(table::certificate_id.eq(certificate))
        .first(c)
        .optional())?)
}

/// Takes the step of `event`, if the request is still at that version and stands where that step begins, and not towards a
/// signature once its time is over; answers whether it did.
///
/// # Errors
/// When the database fails.
pub fn advance(
    connection: &mut Connection,
    id: IssuanceRequestId,
    version: Version,
    event: Event,
    now: UnixTime,
) -> Result<bool, StoreError> {
    let Some(row) = by_id(connection, id)? else { return Ok(false) };
    if matches!(event, Event::ApprovalsComplete | Event::BeginSigning) && row.is_overdue(now) {
        return Ok(false);
    }
    let Ok(next) = row.state.after(event) else { return Ok(false) };
    let unchanged = table::table
        .filter(table::id.eq(id).and(table::state.eq(RequestStateWord(row.state))))
        .filter(table::revision.eq(version.revision).and(table::digest.eq(Hash(*version.digest.as_bytes()))));
    let update = diesel::update(unchanged).set(table::state.eq(RequestStateWord(next)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Makes `seen` ask for something else, pending again; answers `false`, with nothing stored, when it has moved on.
///
/// # Errors
/// When the database fails.
pub fn revise(connection: &mut Connection, seen: &StoredRequest, asked: &Asked) -> Result<bool, StoreError> {
    let Ok(next) = seen.state.after(Event::Change) else { return Ok(false) };
    let unchanged = table::table
        .filter(table::id.eq(seen.id).and(table::state.eq(RequestStateWord(seen.state))))
        .filter(table::revision.eq(seen.revision));
    let update = diesel::update(unchanged).set((
        table::state.eq(RequestStateWord(next)),
        table::revision.eq(seen.revision + 1),
        table::digest.eq(Hash(asked.digest)),
        table::profile.eq(&asked.profile),
        table::issuer.eq(&asked.issuer),
        table::subject.eq(&asked.subject),
        table::names.eq(names_text(&asked.names)),
        table::key_algorithm.eq(&asked.key_algorithm),
        table::spki_sha256.eq(Hash(asked.spki_sha256)),
        table::approvals_required.eq(asked.approvals_required),
        table::owner.eq(&asked.owner),
        table::notify.eq(&asked.notify),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Says who answers for `seen` and who hears of it, which changes nothing that anybody approves; answers `false`, with
/// nothing stored, when it has moved on.
///
/// # Errors
/// When the database fails.
pub fn readdress(
    connection: &mut Connection,
    seen: &StoredRequest,
    owner: Option<&str>,
    notify: Option<&str>,
) -> Result<bool, StoreError> {
    let unchanged = table::table
        .filter(table::id.eq(seen.id).and(table::state.eq(RequestStateWord(seen.state))))
        .filter(table::revision.eq(seen.revision));
    let update = diesel::update(unchanged).set((table::owner.eq(owner), table::notify.eq(notify)));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// Ends `seen` without a certificate, and destroys its private key; answers `false` when it has moved on.
///
/// # Errors
/// When the database fails.
pub fn end(
    connection: &mut Connection,
    seen: &StoredRequest,
    event: Event,
    outcome: Option<&str>,
    at: UnixTime,
) -> Result<bool, StoreError> {
    let Ok(next) = seen.state.after(event) else { return Ok(false) };
    let unchanged = table::table
        .filter(table::id.eq(seen.id).and(table::state.eq(RequestStateWord(seen.state))))
        .filter(table::revision.eq(seen.revision));
    let update = diesel::update(unchanged).set((
        table::state.eq(RequestStateWord(next)),
        table::outcome.eq(outcome),
        table::ended_at.eq(seconds(Some(at))),
        table::private_key.eq(None::<Vec<u8>>),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// The certificate is recorded: issuing becomes issued; answers whether it was.
pub(super) fn issue(
    connection: &mut Connection,
    id: IssuanceRequestId,
    certificate: CertificateId,
    at: UnixTime,
) -> Result<bool, StoreError> {
    let issuing = table::table.filter(table::id.eq(id).and(table::state.eq(RequestStateWord(RequestState::Issuing))));
    let update = diesel::update(issuing).set((
        table::state.eq(RequestStateWord(RequestState::Issued)),
        table::certificate_id.eq(certificate),
        table::ended_at.eq(seconds(Some(at))),
    ));
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}

/// The bytes to sign were given up for good: issuing becomes failed; answers whether it was.
pub(super) fn fail_signing(
    connection: &mut Connection,
    id: IssuanceRequestId,
    outcome: &str,
    at: UnixTime,
) -> Result<bool, StoreError> {
    match by_id(connection, id)?.filter(|row| row.state == RequestState::Issuing) {
        Some(row) => end(connection, &row, Event::Fail, Some(outcome), at),
        None => Ok(false),
    }
}

/// The sealed private key of an issued request that was not handed over.
///
/// # Errors
/// When the database fails.
pub fn private_key(connection: &mut Connection, id: IssuanceRequestId) -> Result<Option<Vec<u8>>, StoreError> {
    let query = table::table.find(id).select(table::private_key);
    let found: Option<Option<Vec<u8>>> = on_each!(connection, |c| query.first(c).optional())?;
    Ok(found.flatten())
}

/// Destroys a private key, as handed over at `delivered` or undelivered; answers whether it was still there.
///
/// # Errors
/// When the database fails.
pub fn destroy_key(
    connection: &mut Connection,
    id: IssuanceRequestId,
    delivered: Option<UnixTime>,
) -> Result<bool, StoreError> {
    let there = table::table.filter(table::id.eq(id).and(table::private_key.is_not_null()));
    let gone = (table::private_key.eq(None::<Vec<u8>>), table::key_delivered_at.eq(seconds(delivered)));
    let update = diesel::update(there).set(gone);
    Ok(on_each!(connection, |c| update.execute(c))? == 1)
}
