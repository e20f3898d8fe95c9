//! Few candidates: the rest of the filter is applied to all of them, and what is left is sorted here.

use std::cmp::Ordering;
use std::collections::HashMap;

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::candidates::Candidates;
use super::condition::narrow;
use super::filter::CertificateFilter;
use super::page::{Direction, Page, Position};
use super::{Count, Found};
use crate::store::certificate::{self, CertificateRecord};
use crate::store::connection::{Connection, on_each};
use crate::store::error::StoreError;
use crate::store::fields::{CertificateId, Seconds};
use crate::store::schema::certificate as table;

/// A page of the candidates that meet the whole filter.
pub(super) fn page(
    connection: &mut Connection,
    candidates: Candidates,
    page: &Page,
    now: UnixTime,
) -> Result<Found, StoreError> {
    let Candidates { ids, remaining } = candidates;
    let narrowed = remaining.is_narrowing() || page.sort.is_by_end();
    let mut places = match narrowed {
        true => places(connection, ids.into_iter().collect(), &remaining, now)?,
        false => ids.into_iter().map(|id| Position { not_after: UnixTime::default(), id }).collect(),
    };
    places.sort_by(|one, other| page.sort.compare(one, other));
    let count = Count::Exactly(i64::try_from(places.len()).unwrap_or(i64::MAX));
    let (start, end) = cut(&places, page);
    let chosen = places.get(start..end).unwrap_or_default();
    let records = records(connection, chosen)?;
    Ok(Found {
        before: records.first().map(Position::of).filter(|_| start > 0),
        after: records.last().map(Position::of).filter(|_| end < places.len()),
        records,
        count,
        paused: false,
    })
}

/// Where the page begins and ends among the sorted places.
fn cut(places: &[Position], page: &Page) -> (usize, usize) {
    let Some(from) = page.from else { return (0, places.len().min(page.length())) };
    let beyond = |order: Ordering| places.partition_point(|place| page.sort.compare(place, &from) < order);
    match page.direction {
        Direction::Forward => {
            let start = beyond(Ordering::Greater);
            (start, places.len().min(start + page.length()))
        }
        Direction::Backward => {
            let end = beyond(Ordering::Equal);
            (end.saturating_sub(page.length()), end)
        }
    }
}

fn places(
    connection: &mut Connection,
    ids: Vec<CertificateId>,
    filter: &CertificateFilter,
    now: UnixTime,
) -> Result<Vec<Position>, StoreError> {
    let rows: Vec<(CertificateId, Seconds)> = on_each!(connection, |c| {
        let query = table::table.select((table::id, table::not_after)).filter(table::id.eq_any(&ids)).into_boxed();
        narrow!(query, filter, now).load(c)
    })?;
    Ok(rows.into_iter().map(|(id, end)| Position { not_after: end.into(), id }).collect())
}

/// The certificates at these places, in their order.
fn records(connection: &mut Connection, places: &[Position]) -> Result<Vec<CertificateRecord>, StoreError> {
    let ids: Vec<CertificateId> = places.iter().map(|place| place.id).collect();
    let rows = certificate::records(connection, &ids)?;
    let mut rows: HashMap<CertificateId, CertificateRecord> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}
