//! What part of a filter leaves few certificates, and which.

use std::collections::BTreeSet;

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::Span;
use super::condition::{is_owned, lower};
use super::filter::CertificateFilter;
use super::text::{self, SearchText};
use crate::store::certificate_name::{self, Among};
use crate::store::connection::{Connection, on_each};
use crate::store::error::StoreError;
use crate::store::expiry_watch;
use crate::store::fields::{AccountId, CertificateId, Hash, OrderId, Seconds};
use crate::store::schema::{certificate as table, issuer};

/// The certificates that part of a filter leaves, and what they are still to be held against.
pub(super) struct Candidates {
    pub(super) ids: BTreeSet<CertificateId>,
    pub(super) remaining: CertificateFilter,
}

type Ids = Result<Vec<CertificateId>, StoreError>;

/// The candidates of the first parts of a filter that leave few; none if all that is asked for is frequent.
pub(super) fn few(
    connection: &mut Connection,
    filter: &CertificateFilter,
    now: UnixTime,
    few: i64,
) -> Result<Option<Candidates>, StoreError> {
    let mut remaining = filter.clone();
    let mut ids = None;
    if let Some(found) = filter.text.as_ref().map(|text| by_text(connection, text, few)).transpose()?.flatten() {
        remaining.text = None;
        ids = Some(found);
    }
    if let Some(found) = filter.name.as_ref().map(|name| by_name(connection, name, few)).transpose()?.flatten() {
        remaining.name = None;
        ids = Some(ids.map_or(found.clone(), |ids| &ids & &found));
    }
    if ids.is_none() {
        ids = by_part(connection, &mut remaining, now, few)?;
    }
    Ok(ids.map(|ids| Candidates { ids, remaining }))
}

/// Ids of certificates that meet a condition, one more than few at most.
macro_rules! ids {
    ($connection:expr, $few:expr, $condition:expr) => {
        on_each!($connection, |c| table::table.select(table::id).filter($condition).limit($few + 1).load(c))
            .map_err(StoreError::from)
    };
}

/// Looks at one part of the filter after the other, and takes away the one that leaves few.
fn by_part(
    connection: &mut Connection,
    filter: &mut CertificateFilter,
    now: UnixTime,
    few: i64,
) -> Result<Option<BTreeSet<CertificateId>>, StoreError> {
    macro_rules! part {
        ($part:expr, $lookup:expr) => {
            if let Some(value) = $part.clone() {
                let found: Vec<CertificateId> = $lookup(value)?;
                if is_few(&found, few) {
                    $part = None;
                    return Ok(Some(found.into_iter().collect()));
                }
            }
        };
    }
    part!(filter.key, |key| ids!(connection, few, table::spki_sha256.eq(Hash(key))));
    part!(filter.lineage, |hash| ids!(connection, few, table::names_hash.eq(Hash(hash))));
    part!(filter.account, |account: AccountId| ids!(connection, few, table::account_id.eq(account)));
    part!(filter.owner, |owner: String| ids!(
        connection,
        few,
        is_owned().and(lower(table::owner).eq(owner.to_lowercase()))
    ));
    part!(filter.endpoint, |endpoint: String| ids!(connection, few, table::endpoint.eq(&endpoint)));
    part!(filter.profile, |profile: String| ids!(connection, few, table::profile.eq(&profile)));
    part!(filter.issuer, |issuer: String| ids!(connection, few, table::issuer.eq(&issuer)));
    by_state(connection, filter, now, few)
}

fn by_state(
    connection: &mut Connection,
    filter: &CertificateFilter,
    now: UnixTime,
    few: i64,
) -> Result<Option<BTreeSet<CertificateId>>, StoreError> {
    let ends = filter.ends(now);
    let found: Vec<CertificateId> = if filter.renewal_overdue {
        let due = expiry_watch::due(connection, now, None, few + 1)?;
        due.into_iter().map(|watched| watched.certificate_id).collect()
    } else if filter.renewal_asked {
        ids!(connection, few, table::renew_by.is_not_null())?
    } else if filter.revoked() == Some(true) {
        ids!(connection, few, table::revoked_at.is_not_null())?
    } else if !ends.is_open() {
        ended(connection, ends, few)?
    } else {
        return Ok(None);
    };
    Ok(is_few(&found, few).then(|| found.into_iter().collect()))
}

fn ended(connection: &mut Connection, ends: Span, few: i64) -> Ids {
    let from = ends.from.unwrap_or(UnixTime::from_seconds(i64::MIN));
    let before = ends.before.unwrap_or(UnixTime::from_seconds(i64::MAX));
    ids!(connection, few, table::not_after.ge(Seconds(from)).and(table::not_after.lt(Seconds(before))))
}

fn is_few(found: &[CertificateId], few: i64) -> bool {
    i64::try_from(found.len()).is_ok_and(|length| length <= few)
}

fn by_name(
    connection: &mut Connection,
    name: &certificate_name::NameFilter,
    few: i64,
) -> Result<Option<BTreeSet<CertificateId>>, StoreError> {
    let found = certificate_name::certificates(connection, name, Among::Names, few + 1)?;
    Ok(is_few(&found, few).then(|| found.into_iter().collect()))
}

/// What the text could be, one index after the other; none as soon as one of them finds too many.
fn by_text(
    connection: &mut Connection,
    text: &SearchText,
    few: i64,
) -> Result<Option<BTreeSet<CertificateId>>, StoreError> {
    let mut all = BTreeSet::new();
    for lookup in [by_names, by_words, by_digits, by_identifier] {
        match lookup(connection, text, few)? {
            Some(found) => all.extend(found),
            None => return Ok(None),
        }
    }
    Ok(Some(all))
}

/// What one lookup finds; none if it finds too many.
type Found = Result<Option<Vec<CertificateId>>, StoreError>;

fn collect<T>(few: i64, items: impl IntoIterator<Item = T>, mut lookup: impl FnMut(T) -> Ids) -> Found {
    let mut all = Vec::new();
    for item in items {
        let found = lookup(item)?;
        if !is_few(&found, few) {
            return Ok(None);
        }
        all.extend(found);
    }
    Ok(Some(all))
}

fn by_names(connection: &mut Connection, text: &SearchText, few: i64) -> Found {
    collect(few, &text.names, |name| certificate_name::certificates(connection, name, Among::NamesAndSubjects, few + 1))
}

/// Owner by its beginning; profile, endpoint and issuer as a whole.
fn by_words(connection: &mut Connection, text: &SearchText, few: i64) -> Found {
    let word = text.word();
    let last = format!("{word}\u{10ffff}");
    collect(few, 0..4, |which| match which {
        0 => ids!(
            connection,
            few,
            is_owned().and(lower(table::owner).ge(word.clone())).and(lower(table::owner).le(last.clone()))
        ),
        1 => ids!(connection, few, table::profile.eq(&word)),
        2 => ids!(connection, few, table::endpoint.eq(&word)),
        _ => ids!(connection, few, table::issuer.eq(&word)),
    })
}

/// Serial number, fingerprint and hash of the key by their first digits. So many digits are part of few, unless a key was
/// certified very often; then a few of its certificates have to do.
fn by_digits(connection: &mut Connection, text: &SearchText, few: i64) -> Found {
    let Some(digits) = &text.digits else { return Ok(Some(Vec::new())) };
    let mut all = Vec::new();
    let issuers: Vec<String> = on_each!(connection, |c| issuer::table.select(issuer::slug).load(c))?;
    for issuer in issuers {
        all.extend(by_serial(connection, &issuer, digits, few)?);
    }
    let (first, last) = (Hash(text::first_hash(digits)), Hash(text::last_hash(digits)));
    let fingerprints: Vec<CertificateId> =
        ids!(connection, few, table::fingerprint.ge(first).and(table::fingerprint.le(last)))?;
    let keys: Vec<CertificateId> =
        ids!(connection, few, table::spki_sha256.ge(first).and(table::spki_sha256.le(last)))?;
    all.extend(fingerprints.into_iter().chain(keys));
    all.truncate(usize::try_from(few).unwrap_or(usize::MAX));
    Ok(Some(all))
}

fn by_serial(connection: &mut Connection, issuer: &str, digits: &str, few: i64) -> Ids {
    // Serial numbers are stored without leading zero octets.
    let mut first = digits;
    while let Some(rest) = first.strip_prefix("00") {
        first = rest;
    }
    if first.is_empty() {
        return Ok(Vec::new());
    }
    // "g" follows every digit.
    let last = format!("{first}g");
    ids!(connection, few, table::issuer.eq(issuer).and(table::serial.ge(first)).and(table::serial.le(&last)))
}

/// The id of a certificate, of its order or of its account.
fn by_identifier(connection: &mut Connection, text: &SearchText, few: i64) -> Found {
    let Some(uuid) = text.id else { return Ok(Some(Vec::new())) };
    collect(few, 0..3, |which| match which {
        0 => ids!(connection, few, table::id.eq(CertificateId::new(uuid))),
        1 => ids!(connection, few, table::order_id.eq(OrderId::new(uuid))),
        _ => ids!(connection, few, table::account_id.eq(AccountId::new(uuid))),
    })
}
