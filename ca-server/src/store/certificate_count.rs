//! Certificates counted by day, ahead of whoever asks. Each is counted once: the counts and how far they go change in one
//! write, by compare-and-set.

use ca_core::time::UnixTime;
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{CertificateId, Seconds};
use super::schema::{certificate, certificate_count as table, count_progress};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CountKind {
    /// Certificates issued, by the algorithm of their key.
    Issued,
    /// Certificates that end.
    Ends,
}

impl CountKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Ends => "ends",
        }
    }
}

/// How many certificates there are of a day and a value.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = table)]
pub struct DayCount {
    /// Days since 1970 in UTC.
    pub day: i64,
    /// What they have in common; empty where nothing is told apart.
    pub value: String,
    /// How many.
    pub count: i64,
}

/// A certificate that is to be counted.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = certificate)]
pub struct Uncounted {
    /// Its id.
    pub id: CertificateId,
    /// When it was recorded.
    #[diesel(deserialize_as = Seconds)]
    pub issued_at: UnixTime,
    /// When it ends.
    #[diesel(deserialize_as = Seconds)]
    pub not_after: UnixTime,
    /// The certificate in DER.
    pub der: Vec<u8>,
}

/// The last certificate that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = count_progress)]
pub struct Progress {
    /// When it was recorded.
    #[diesel(deserialize_as = Seconds)]
    pub at: UnixTime,
    /// Its id.
    pub certificate_id: CertificateId,
}

/// The name of the only progress there is.
const NAME: &str = "certificates";

/// How far the counts go.
///
/// # Errors
/// When the database fails.
pub fn progress(connection: &mut Connection) -> Result<Option<Progress>, StoreError> {
    let found =
        on_each!(connection, |c| count_progress::table.find(NAME).select(Progress::as_select()).first(c).optional())?;
    Ok(found)
}

/// Certificates that were recorded after the last one counted and before an instant, in that order.
///
/// # Errors
/// When the database fails.
pub fn uncounted(
    connection: &mut Connection,
    counted: Option<Progress>,
    before: UnixTime,
    limit: i64,
) -> Result<Vec<Uncounted>, StoreError> {
    use certificate as table;
    Ok(on_each!(connection, |c| {
        let mut query = table::table.select(Uncounted::as_select()).limit(limit).into_boxed();
        query = query.filter(table::issued_at.lt(Seconds(before)));
        if let Some(Progress { at, certificate_id }) = counted {
            // The first condition is what the index is entered by.
            let beyond = table::issued_at.gt(Seconds(at)).or(table::id.gt(certificate_id));
            query = query.filter(table::issued_at.ge(Seconds(at)).and(beyond));
        }
        query.order((table::issued_at, table::id)).load(c)
    })?)
}

/// Adds counts and notes how far they go now, unless somebody else has gone on meanwhile: answers whether it was done.
///
/// # Errors
/// When the database fails.
pub fn add(
    connection: &mut Connection,
    from: Option<Progress>,
    to: Progress,
    counts: &[(CountKind, DayCount)],
) -> Result<bool, StoreError> {
    if !advance(connection, from, to)? {
        return Ok(false);
    }
    for (kind, new) in counts {
        let row = (
            table::kind.eq(kind.as_str()),
            table::day.eq(new.day),
            table::value.eq(&new.value),
            table::count.eq(new.count),
        );
        on_each!(connection, |c| diesel::insert_into(table::table)
            .values(row)
            .on_conflict((table::kind, table::day, table::value))
            .do_update()
            .set(table::count.eq(table::count + excluded(table::count)))
            .execute(c))?;
    }
    Ok(true)
}

fn advance(connection: &mut Connection, from: Option<Progress>, to: Progress) -> Result<bool, StoreError> {
    use count_progress as table;
    let values = (table::at.eq(Seconds(to.at)), table::certificate_id.eq(to.certificate_id));
    let changed = match from {
        Some(from) => {
            let same = table::at.eq(Seconds(from.at)).and(table::certificate_id.eq(from.certificate_id));
            let update = diesel::update(table::table.filter(table::name.eq(NAME).and(same))).set(values);
            on_each!(connection, |c| update.execute(c))?
        }
        None => {
            let row = (table::name.eq(NAME), values.0, values.1);
            on_each!(connection, |c| diesel::insert_into(table::table).values(row).on_conflict_do_nothing().execute(c))?
        }
    };
    Ok(changed == 1)
}

/// The counts of a kind from one day to before another.
///
/// # Errors
/// When the database fails.
pub fn counts(
    connection: &mut Connection,
    kind: CountKind,
    from: i64,
    before: i64,
) -> Result<Vec<DayCount>, StoreError> {
    Ok(on_each!(connection, |c| table::table
        .select(DayCount::as_select())
        .filter(table::kind.eq(kind.as_str()).and(table::day.ge(from)).and(table::day.lt(before)))
        .order((table::day, table::value))
        .load(c))?)
}

/// How many unexpired certificates are revoked, counted up to a bound.
///
/// # Errors
/// When the database fails.
pub fn revoked_unexpired(connection: &mut Connection, now: UnixTime, most: i64) -> Result<i64, StoreError> {
    use certificate as table;
    let query = table::table
        .select(table::not_after)
        .filter(table::revoked_at.is_not_null().and(table::not_after.ge(Seconds(now))))
        .limit(most);
    let found: Vec<i64> = on_each!(connection, |c| query.load(c))?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}
