//! Searching certificates, a page at a time, each search along an index.

use ca_core::time::UnixTime;
use diesel::prelude::*;

use super::certificate::{CertificateRecord, reverse_labels, reversed};
use super::connection::{Connection, on_each};
use super::error::StoreError;
use super::fields::{CertificateId, Name, Seconds};
use super::schema::certificate as table;
use super::schema::certificate_name;

/// Which certificates to list. What is none does not matter.
#[derive(Clone, Debug, Default)]
pub struct CertificateFilter {
    /// Only those that end before this instant; the list is then in the order of their ends.
    pub expires_before: Option<UnixTime>,
    /// Only those with such a name; the list is then in the order of the names.
    pub name: Option<NameFilter>,
    /// Only those of the profile of this name.
    pub profile: Option<String>,
    /// Only those in this state.
    pub status: Option<CertificateStatus>,
}

/// A pattern for names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameFilter {
    /// This name.
    Exact(String),
    /// Names that begin like this.
    Prefix(String),
    /// Names below this domain.
    Below(String),
}

impl NameFilter {
    /// Reads `name`, `begin*` or `*.domain`.
    pub fn parse(text: &str) -> Self {
        // PostgreSQL knows no NUL in a text; no name holds the character put in its place.
        let text = text.to_lowercase().replace('\0', "\u{fffd}");
        match (text.strip_prefix("*."), text.strip_suffix('*')) {
            (Some(domain), _) => Self::Below(domain.to_owned()),
            (None, Some(prefix)) => Self::Prefix(prefix.to_owned()),
            (None, None) => Self::Exact(text),
        }
    }

    fn matches(&self, name: &Name) -> bool {
        let key = self.key(name);
        self.start() <= key && key <= self.end()
    }

    /// The column value that a name is found by.
    fn key(&self, name: &Name) -> String {
        match self {
            Self::Exact(_) | Self::Prefix(_) => name.value.clone(),
            Self::Below(_) => reversed(name),
        }
    }

    fn start(&self) -> String {
        match self {
            Self::Exact(text) | Self::Prefix(text) => text.clone(),
            Self::Below(domain) => format!("{}.", reverse_labels(domain)),
        }
    }

    /// The last text of the range: both engines compare the octets of UTF-8.
    fn end(&self) -> String {
        match self {
            Self::Exact(text) => text.clone(),
            Self::Prefix(_) | Self::Below(_) => format!("{}\u{10ffff}", self.start()),
        }
    }
}

/// State of a certificate at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateStatus {
    /// Neither revoked nor expired.
    Valid,
    /// Revoked, expired or not.
    Revoked,
    /// Expired and not revoked.
    Expired,
}

impl CertificateStatus {
    /// The state of a certificate at `now`. RFC 5280 §4.1.2.5: notAfter itself is still inside.
    pub fn of(certificate: &CertificateRecord, now: UnixTime) -> Self {
        match certificate.revoked_at {
            Some(_) => Self::Revoked,
            None if certificate.not_after < now => Self::Expired,
            None => Self::Valid,
        }
    }
}

/// The page of a list that follows the certificate `after`.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// The last certificate of the page before.
    pub after: Option<CertificateId>,
    /// Most certificates on the page.
    pub limit: i64,
}

/// The certificates of a page; fewer than its limit means that it is the last.
///
/// # Errors
/// When the database fails.
pub fn list(
    connection: &mut Connection,
    filter: &CertificateFilter,
    page: Page,
    now: UnixTime,
) -> Result<Vec<CertificateRecord>, StoreError> {
    let start = match page.after {
        Some(id) => match record(connection, id)? {
            Some(start) => Some(start),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    match &filter.name {
        Some(name) => by_name(connection, (filter, name), start.as_ref(), page.limit, now),
        None if filter.expires_before.is_some() => by_end(connection, filter, start.as_ref(), page.limit, now),
        None => by_id(connection, filter, page, now),
    }
}

fn record(connection: &mut Connection, id: CertificateId) -> Result<Option<CertificateRecord>, StoreError> {
    Ok(on_each!(connection, |c| table::table.find(id).select(CertificateRecord::as_select()).first(c).optional())?)
}

/// Adds the conditions that every search has in common.
macro_rules! narrow {
    ($query:expr, $filter:expr, $now:expr) => {{
        let mut query = $query.into_boxed();
        if let Some(profile) = &$filter.profile {
            query = query.filter(table::profile.eq(profile));
        }
        if let Some(before) = $filter.expires_before {
            query = query.filter(table::not_after.lt(Seconds(before)));
        }
        match $filter.status {
            Some(CertificateStatus::Valid) => {
                query.filter(table::revoked_at.is_null().and(table::not_after.ge(Seconds($now))))
            }
            Some(CertificateStatus::Expired) => {
                query.filter(table::revoked_at.is_null().and(table::not_after.lt(Seconds($now))))
            }
            Some(CertificateStatus::Revoked) => query.filter(table::revoked_at.is_not_null()),
            None => query,
        }
    }};
}

fn by_id(
    connection: &mut Connection,
    filter: &CertificateFilter,
    page: Page,
    now: UnixTime,
) -> Result<Vec<CertificateRecord>, StoreError> {
    let after = page.after.unwrap_or(CertificateId::new(uuid::Uuid::nil()));
    Ok(on_each!(connection, |c| narrow!(table::table.select(CertificateRecord::as_select()), filter, now)
        .filter(table::id.gt(after))
        .order(table::id)
        .limit(page.limit)
        .load(c))?)
}

fn by_end(
    connection: &mut Connection,
    filter: &CertificateFilter,
    start: Option<&CertificateRecord>,
    limit: i64,
    now: UnixTime,
) -> Result<Vec<CertificateRecord>, StoreError> {
    let (end, id) = start.map_or((UnixTime::from_seconds(i64::MIN), CertificateId::new(uuid::Uuid::nil())), |start| {
        (start.not_after, start.id)
    });
    // The first condition is what the index is entered by.
    let behind = table::not_after.ge(Seconds(end)).and(table::not_after.gt(Seconds(end)).or(table::id.gt(id)));
    Ok(on_each!(connection, |c| narrow!(table::table.select(CertificateRecord::as_select()), filter, now)
        .filter(behind)
        .order((table::not_after, table::id))
        .limit(limit)
        .load(c))?)
}

/// A certificate with several matching names is met several times; it counts at the first of them. So the position of a
/// certificate in the list follows from the certificate alone.
fn by_name(
    connection: &mut Connection,
    (filter, name): (&CertificateFilter, &NameFilter),
    start: Option<&CertificateRecord>,
    limit: i64,
    now: UnixTime,
) -> Result<Vec<CertificateRecord>, StoreError> {
    let mut position = match start {
        None => (name.start(), CertificateId::new(uuid::Uuid::nil())),
        Some(start) => match first_match(name, start) {
            Some(key) => (key, start.id),
            None => return Ok(Vec::new()),
        },
    };
    let (mut found, wanted) = (Vec::new(), usize::try_from(limit).unwrap_or(0));
    loop {
        let rows = name_rows(connection, (filter, name), &position, limit, now)?;
        let last_page = rows.len() < wanted;
        if let Some((key, record)) = rows.last() {
            position = (key.clone(), record.id);
        }
        let first = rows.into_iter().filter(|(key, record)| first_match(name, record).as_ref() == Some(key));
        found.extend(first.map(|(_, record)| record));
        if last_page || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}

fn first_match(name: &NameFilter, record: &CertificateRecord) -> Option<String> {
    record.names.iter().filter(|candidate| name.matches(candidate)).map(|found| name.key(found)).min()
}

/// Rows of the index of names behind a position, each with its certificate.
fn name_rows(
    connection: &mut Connection,
    (filter, name): (&CertificateFilter, &NameFilter),
    (key, id): &(String, CertificateId),
    limit: i64,
    now: UnixTime,
) -> Result<Vec<(String, CertificateRecord)>, StoreError> {
    macro_rules! along {
        ($column:path) => {
            on_each!(connection, |c| narrow!(
                certificate_name::table
                    .inner_join(table::table.on(table::id.eq(certificate_name::certificate_id)))
                    .select(($column, CertificateRecord::as_select())),
                filter,
                now
            )
            .filter($column.ge(key).and($column.le(name.end())))
            .filter($column.gt(key).or(certificate_name::certificate_id.gt(id)))
            .order(($column, certificate_name::certificate_id))
            .limit(limit)
            .load(c))?
        };
    }
    Ok(match name {
        NameFilter::Exact(_) | NameFilter::Prefix(_) => along!(certificate_name::name),
        NameFilter::Below(_) => along!(certificate_name::reversed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_says_which_end_is_open() {
        assert_eq!(NameFilter::parse("A.example.org"), NameFilter::Exact("a.example.org".into()));
        assert_eq!(NameFilter::parse("web-*"), NameFilter::Prefix("web-".into()));
        assert_eq!(NameFilter::parse("*.Example.org"), NameFilter::Below("example.org".into()));
    }
}
