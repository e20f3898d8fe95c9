//! What is looked for is frequent: the list is walked in its order, along the index that leads there.

use ca_core::time::UnixTime;
use diesel::prelude::*;
use uuid::Uuid;

use super::condition::{is_owned, lower, narrow};
use super::filter::CertificateFilter;
use super::page::{Direction, Page, Position, Sort};
use super::{Bounds, Count, Found, Span};
use crate::store::certificate::CertificateRecord;
use crate::store::connection::{Connection, on_each};
use crate::store::error::StoreError;
use crate::store::fields::{AccountId, CertificateId, Hash, Seconds, Sha256};
use crate::store::schema::certificate as table;

/// How much earlier or later than its id says a certificate may have been issued: an interrupted issuance is finished
/// within the hour, and the clocks of several servers differ.
const ID_TOLERANCE: i64 = 2 * 3600;

/// The index that a walk follows: all certificates in their order, or those of one value.
#[derive(Clone, Debug)]
enum Along {
    All,
    Revoked,
    RenewalAsked,
    Account(AccountId),
    Owner(String),
    Key(Sha256),
    Lineage(Sha256),
    Endpoint(String),
    Profile(String),
}

/// A part of the list: what lies behind `from`, as far as `until`, in the spans of time that the filter leaves.
#[derive(Clone, Debug)]
struct Stretch {
    along: Along,
    way: Sort,
    from: Option<Position>,
    until: Option<Position>,
    ends: Span,
    ids: (Option<CertificateId>, Option<CertificateId>),
}

/// A page of the certificates that meet the filter.
pub(super) fn page(
    connection: &mut Connection,
    filter: &CertificateFilter,
    page: &Page,
    now: UnixTime,
    bounds: Bounds,
) -> Result<Found, StoreError> {
    let (along, passing_over) = choose(filter, page.sort);
    let mut stretch = Stretch {
        along,
        way: page.way(),
        from: page.from,
        until: None,
        ends: if page.sort.is_by_end() { filter.ends(now) } else { Span::default() },
        ids: if page.sort.is_by_end() { (None, None) } else { ids_of(filter.issued) },
    };
    if passing_over {
        stretch.until = nth(connection, &stretch, bounds.window - 1)?;
    }
    let mut records = rows(connection, &stretch, filter, page.limit + 1, now)?;
    let more = records.len() > page.length();
    records.truncate(page.length());
    let next = match more {
        true => records.last().map(Position::of),
        false => stretch.until,
    };
    let count = match (page.from, &next, passing_over) {
        (None, None, _) => Count::Exactly(i64::try_from(records.len()).unwrap_or(i64::MAX)),
        // Nothing is counted where rows are passed over.
        (_, _, true) => Count::Unknown,
        (_, _, false) => count(connection, &stretch, bounds.counted)?,
    };
    let paused = !more && next.is_some();
    Ok(arrange(records, page, next, (count, paused)))
}

/// Puts what was found on the way into the order of the list.
fn arrange(
    mut records: Vec<CertificateRecord>,
    page: &Page,
    next: Option<Position>,
    (count, paused): (Count, bool),
) -> Found {
    match page.direction {
        Direction::Forward => {
            let before = page.from.map(|from| records.first().map_or(from, Position::of));
            Found { records, before, after: next, count, paused }
        }
        Direction::Backward => {
            records.reverse();
            let after = page.from.map(|from| records.last().map_or(from, Position::of));
            Found { records, before: next, after, count, paused }
        }
    }
}

/// The index to follow, and whether rows on it have to be passed over.
fn choose(filter: &CertificateFilter, sort: Sort) -> (Along, bool) {
    let mut rest = filter.clone();
    let along = if sort.is_by_end() {
        rest.expires = Span::default();
        match filter.revoked() {
            Some(true) => Along::Revoked,
            _ => Along::All,
        }
    } else if let Some(account) = rest.account.take() {
        Along::Account(account)
    } else if let Some(owner) = rest.owner.take() {
        Along::Owner(owner.to_lowercase())
    } else if let Some(key) = rest.key.take() {
        Along::Key(key)
    } else if let Some(lineage) = rest.lineage.take() {
        Along::Lineage(lineage)
    } else if filter.renewal_asked {
        Along::RenewalAsked
    } else if filter.revoked() == Some(true) {
        Along::Revoked
    } else if let Some(endpoint) = rest.endpoint.take() {
        Along::Endpoint(endpoint)
    } else if let Some(profile) = rest.profile.take() {
        Along::Profile(profile)
    } else {
        Along::All
    };
    match along {
        Along::Revoked => rest.status = None,
        Along::RenewalAsked => rest.renewal_asked = false,
        _ => {}
    }
    (along, rest.is_narrowing())
}

/// The ids that certificates issued in a span may have: the first 48 bits of an id are its milliseconds (RFC 9562 §5.7).
fn ids_of(issued: Span) -> (Option<CertificateId>, Option<CertificateId>) {
    let id = |at: UnixTime, tolerance: i64| {
        let millis = u128::try_from(at.seconds().saturating_add(tolerance)).unwrap_or(0).saturating_mul(1000);
        CertificateId::new(Uuid::from_u128(millis.min((1 << 48) - 1) << 80))
    };
    (issued.from.map(|at| id(at, -ID_TOLERANCE)), issued.before.map(|at| id(at, ID_TOLERANCE)))
}

/// Adds to a query the conditions that the index is entered by.
macro_rules! enter {
    ($query:expr, $stretch:expr) => {{
        let stretch: &Stretch = $stretch;
        let mut query = $query;
        query = match &stretch.along {
            Along::All => query,
            Along::Revoked => query.filter(table::revoked_at.is_not_null()),
            Along::RenewalAsked => query.filter(table::renew_by.is_not_null()),
            Along::Account(account) => query.filter(table::account_id.eq(*account)),
            Along::Owner(owner) => query.filter(is_owned().and(lower(table::owner).eq(owner))),
            Along::Key(key) => query.filter(table::spki_sha256.eq(Hash(*key))),
            Along::Lineage(hash) => query.filter(table::names_hash.eq(Hash(*hash))),
            Along::Endpoint(endpoint) => query.filter(table::endpoint.eq(endpoint)),
            Along::Profile(profile) => query.filter(table::profile.eq(profile)),
        };
        if let Some(first) = stretch.ids.0 {
            query = query.filter(table::id.ge(first));
        }
        if let Some(end) = stretch.ids.1 {
            query = query.filter(table::id.lt(end));
        }
        if let Some(from) = stretch.ends.from {
            query = query.filter(table::not_after.ge(Seconds(from)));
        }
        if let Some(before) = stretch.ends.before {
            query = query.filter(table::not_after.lt(Seconds(before)));
        }
        if let Some(Position { not_after, id }) = stretch.from {
            let end = Seconds(not_after);
            query = match stretch.way {
                Sort::Newest => query.filter(table::id.lt(id)),
                Sort::Oldest => query.filter(table::id.gt(id)),
                // The first condition is what the index is entered by.
                Sort::FirstToEnd => {
                    query.filter(table::not_after.ge(end).and(table::not_after.gt(end).or(table::id.gt(id))))
                }
                Sort::LastToEnd => {
                    query.filter(table::not_after.le(end).and(table::not_after.lt(end).or(table::id.lt(id))))
                }
            };
        }
        if let Some(Position { not_after, id }) = stretch.until {
            let end = Seconds(not_after);
            query = match stretch.way {
                Sort::Newest => query.filter(table::id.ge(id)),
                Sort::Oldest => query.filter(table::id.le(id)),
                Sort::FirstToEnd => {
                    query.filter(table::not_after.le(end).and(table::not_after.lt(end).or(table::id.le(id))))
                }
                Sort::LastToEnd => {
                    query.filter(table::not_after.ge(end).and(table::not_after.gt(end).or(table::id.ge(id))))
                }
            };
        }
        query
    }};
}

/// The same, and the order of the index.
macro_rules! follow {
    ($query:expr, $stretch:expr) => {{
        let query = enter!($query, $stretch);
        match $stretch.way {
            Sort::Newest => query.order(table::id.desc()),
            Sort::Oldest => query.order(table::id.asc()),
            Sort::FirstToEnd => query.order((table::not_after.asc(), table::id.asc())),
            Sort::LastToEnd => query.order((table::not_after.desc(), table::id.desc())),
        }
    }};
}

/// The certificate so many places after the beginning of a stretch.
fn nth(connection: &mut Connection, stretch: &Stretch, place: i64) -> Result<Option<Position>, StoreError> {
    let row: Option<(CertificateId, Seconds)> = on_each!(connection, |c| {
        let query = table::table.select((table::id, table::not_after)).into_boxed();
        follow!(query, stretch).offset(place).limit(1).first(c).optional()
    })?;
    Ok(row.map(|(id, end)| Position { not_after: end.into(), id }))
}

/// The certificates of a stretch that meet the filter.
fn rows(
    connection: &mut Connection,
    stretch: &Stretch,
    filter: &CertificateFilter,
    limit: i64,
    now: UnixTime,
) -> Result<Vec<CertificateRecord>, StoreError> {
    Ok(on_each!(connection, |c| {
        let query = table::table.select(CertificateRecord::as_select()).into_boxed();
        narrow!(follow!(query, stretch), filter, now).limit(limit).load(c)
    })?)
}

/// The number of certificates on all pages of a walk that passes nothing over, as far as it is counted.
fn count(connection: &mut Connection, stretch: &Stretch, most: i64) -> Result<Count, StoreError> {
    let all = Stretch { from: None, until: None, ..stretch.clone() };
    if nth(connection, &all, most)?.is_some() {
        return Ok(Count::MoreThan(most));
    }
    let counted: i64 = on_each!(connection, |c| {
        let query = table::table.select(diesel::dsl::count_star()).into_boxed();
        enter!(query, &all).first(c)
    })?;
    Ok(Count::Exactly(counted))
}
