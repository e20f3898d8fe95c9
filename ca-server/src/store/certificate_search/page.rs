//! Order of a list, and places in it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use ca_core::time::UnixTime;
use uuid::Uuid;

use crate::store::certificate::CertificateRecord;
use crate::store::fields::CertificateId;

/// The order of a list. Ids grow with time, so they are the order of issuance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// What was issued last comes first.
    #[default]
    Newest,
    /// What was issued first comes first.
    Oldest,
    /// What ends first comes first.
    FirstToEnd,
    /// What ends last comes first.
    LastToEnd,
}

impl Sort {
    /// Whether the end of validity decides, rather than issuance.
    pub(super) fn is_by_end(self) -> bool {
        matches!(self, Self::FirstToEnd | Self::LastToEnd)
    }

    /// The order of the same list read from its other end.
    pub(super) fn reversed(self) -> Self {
        match self {
            Self::Newest => Self::Oldest,
            Self::Oldest => Self::Newest,
            Self::FirstToEnd => Self::LastToEnd,
            Self::LastToEnd => Self::FirstToEnd,
        }
    }

    /// How two places of a list stand to each other.
    pub(super) fn compare(self, one: &Position, other: &Position) -> Ordering {
        let by_end = (one.not_after, one.id).cmp(&(other.not_after, other.id));
        match self {
            Self::Newest => other.id.cmp(&one.id),
            Self::Oldest => one.id.cmp(&other.id),
            Self::FirstToEnd => by_end,
            Self::LastToEnd => by_end.reverse(),
        }
    }
}

/// A place in a list: a certificate, with what the list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub(super) not_after: UnixTime,
    pub(super) id: CertificateId,
}

impl Position {
    /// The place of a certificate.
    pub fn of(record: &CertificateRecord) -> Self {
        Self { not_after: record.not_after, id: record.id }
    }

    /// The place behind every certificate.
    #[cfg(test)]
    pub(crate) fn beyond(sort: Sort) -> Self {
        match sort {
            Sort::Newest | Sort::LastToEnd => {
                Self { not_after: UnixTime::from_seconds(i64::MIN), id: CertificateId::new(Uuid::nil()) }
            }
            Sort::Oldest | Sort::FirstToEnd => {
                Self { not_after: UnixTime::from_seconds(i64::MAX), id: CertificateId::new(Uuid::max()) }
            }
        }
    }

    /// The id of the certificate, by which a place among ids is known.
    pub fn id(&self) -> CertificateId {
        self.id
    }
}

/// Text that is no place in a list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a place in a list of certificates")]
pub struct InvalidPosition;

/// The id, and the end in hexadecimal: an opaque text to everybody else.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:x}", self.id.uuid().simple(), self.not_after.seconds())
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (id, end) = text.split_at_checked(32).ok_or(InvalidPosition)?;
        let digits = end.bytes().all(|octet| octet.is_ascii_digit() || matches!(octet, b'a'..=b'f'));
        let end = u64::from_str_radix(end, 16).ok().filter(|_| digits).ok_or(InvalidPosition)?;
        let id = Uuid::try_parse(id).map_err(|_| InvalidPosition)?;
        Ok(Self { not_after: UnixTime::from_seconds(end.cast_signed()), id: CertificateId::new(id) })
    }
}

/// Which way a list is read from a place in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// What comes after the place.
    #[default]
    Forward,
    /// What comes before it.
    Backward,
}

/// One page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Order of the list.
    pub sort: Sort,
    /// The certificate beside the page, which is not on it; none for the first page.
    pub from: Option<Position>,
    /// On which side of it the page lies.
    pub direction: Direction,
    /// Most certificates on the page.
    pub limit: i64,
}

impl Page {
    /// The first page.
    pub fn first(sort: Sort, limit: i64) -> Self {
        Self { sort, from: None, direction: Direction::Forward, limit }
    }

    /// The order in which rows are met on the way.
    pub(super) fn way(&self) -> Sort {
        match self.direction {
            Direction::Forward => self.sort,
            Direction::Backward => self.sort.reversed(),
        }
    }

    /// The limit as a length.
    pub(super) fn length(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back() {
        for end in [0, 1_800_000_000, -5, i64::MAX, i64::MIN] {
            let place = Position {
                not_after: UnixTime::from_seconds(end),
                id: CertificateId::new(Uuid::from_u128(0x0199_0000_7000_8000_0000_0000_0000_0001)),
            };
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in ["", "x", "0199", &"0".repeat(32), &format!("{}+1", "0".repeat(32)), "ü".repeat(40).as_str()] {
            assert_eq!(text.parse::<Position>(), Err(InvalidPosition), "{text}");
        }
    }
}
