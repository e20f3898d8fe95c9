//! Finding certificates among a million: every search enters by an index and looks at a bounded number of rows.
//!
//! There are two ways, and [`search`] takes the one that fits. If some part of the filter leaves few certificates, these
//! are fetched, the rest of the filter is applied, and what remains is sorted: the count is exact. Otherwise what is looked
//! for is frequent, so the list is walked in its order and what does not fit is passed over; after a while the walk pauses
//! and says where to go on.

mod candidates;
mod condition;
mod few;
mod filter;
mod identified;
mod page;
mod text;
mod unindexed;
mod walk;

use ca_core::time::UnixTime;

use super::certificate::CertificateRecord;
use super::connection::Connection;
use super::error::StoreError;

pub use filter::{CertificateFilter, CertificateStatus, SOON, Span};
pub use page::{Direction, InvalidPosition, Page, Position, Sort};
pub use text::SearchText;

/// How much one search looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// So many certificates are fetched and sorted at once.
    pub(super) few: i64,
    /// Rows that a walk looks at before it pauses.
    pub(super) window: i64,
    /// Counting goes no further.
    pub(super) counted: i64,
}

const BOUNDS: Bounds = Bounds { few: 2_000, window: 5_000, counted: 5_000 };

/// A page of certificates.
#[derive(Clone, Debug)]
pub struct Found {
    /// The certificates, in the order of the list.
    pub records: Vec<CertificateRecord>,
    /// Where the page before this one is entered, going backward; none at the beginning of the list.
    pub before: Option<Position>,
    /// Where the next page is entered, going forward; none at the end of the list.
    pub after: Option<Position>,
    /// How many certificates there are on all pages.
    pub count: Count,
    /// Whether the walk paused before the page was full: more may be found further on.
    pub paused: bool,
}

/// How many certificates a search finds, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Exactly so many.
    Exactly(i64),
    /// More than so many.
    MoreThan(i64),
    /// At least those on the page; nobody counted.
    Unknown,
}

/// One page of the certificates that a filter leaves.
///
/// # Errors
/// When the database fails.
pub fn search(
    connection: &mut Connection,
    filter: &CertificateFilter,
    page: &Page,
    now: UnixTime,
) -> Result<Found, StoreError> {
    search_within(connection, filter, page, now, BOUNDS)
}

/// The same with other bounds.
pub(super) fn search_within(
    connection: &mut Connection,
    filter: &CertificateFilter,
    page: &Page,
    now: UnixTime,
    bounds: Bounds,
) -> Result<Found, StoreError> {
    let filter = identified::resolve(connection, filter)?;
    match candidates::few(connection, &filter, now, bounds.few)? {
        Some(candidates) => few::page(connection, candidates, page, now),
        None => walk::page(connection, &filter, page, now, bounds),
    }
}
