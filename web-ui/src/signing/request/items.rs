//! What a signing request covers: up to 3,000 digests, a page at a time.

use crate::certificates::shortened;
use crate::parts::{Badge, Column, Id, Link, Row, State, Table, Value, grouped};
use crate::signing::counted;

/// One artifact.
#[derive(Clone, Debug)]
pub struct ItemRow {
    /// Its number within the request, from 1.
    pub number: u64,
    /// What it is called.
    pub name: String,
    /// The hash function.
    pub algorithm: String,
    /// The digest in hexadecimal.
    pub digest: String,
    /// Octets of the file, as the submitter says.
    pub size: Option<u64>,
    /// How it stands, as in the API: `pending`, `signed`, `failed`.
    pub state: String,
    /// Serial number of the timestamp.
    pub timestamp: Option<String>,
    /// Whether the signature is withdrawn.
    pub withdrawn: bool,
}

/// A page of them.
#[derive(Clone, Debug)]
pub struct ItemsView {
    /// How many there are.
    pub total: u64,
    /// Those that are signed.
    pub signed: u64,
    /// Name of the first one of all.
    pub first: String,
    /// Those of this page.
    pub rows: Vec<ItemRow>,
    /// The number that this page begins after; 0 for the first page.
    pub after: u64,
    /// How many a page has.
    pub page: u64,
}

impl ItemsView {
    /// What the request is called: its first artifact.
    pub(super) fn title(&self) -> String {
        match self.total {
            0 | 1 => shortened(&self.first, 80),
            more => format!("{} and {} more", shortened(&self.first, 60), grouped(&(more - 1))),
        }
    }

    /// This page of the request at `address`.
    pub(super) fn address(&self, address: &str) -> String {
        match self.after {
            0 => address.to_owned(),
            after => format!("{address}?after={after}"),
        }
    }

    pub(in crate::signing) fn table(&self, address: &str, is_signed: bool) -> Table {
        let mut columns = vec![
            Column::tight("No."),
            Column::text("Item"),
            Column::tight("Digest"),
            Column::tight("Hash"),
            Column::number("Octets"),
            Column::tight("State"),
        ];
        if is_signed {
            columns.extend([Column::tight("Timestamp"), Column::tight("Signature")]);
        }
        let rows = self.rows.iter().map(|row| row.row(address, is_signed)).collect();
        let page = |after: u64| match after {
            0 => address.to_owned(),
            after => format!("{address}?after={after}"),
        };
        let before = (self.after > 0).then(|| page(self.after.saturating_sub(self.page)));
        let last = self.rows.last().map_or(self.after, |row| row.number);
        let next = (last < self.total).then(|| page(last));
        let count = match self.rows.first() {
            Some(first) if before.is_some() || next.is_some() => {
                format!("{} to {} of {}", grouped(&first.number), grouped(&last), grouped(&self.total))
            }
            _ => counted(self.total, "item", "items"),
        };
        let table = Table::new("Items", columns, rows).with_count(count);
        if before.is_some() || next.is_some() { table.with_pages_in_order(before, next) } else { table }
    }
}

impl ItemRow {
    fn row(&self, address: &str, is_signed: bool) -> Row {
        let digest = Value::from(Id::new(format!("{} digest", self.algorithm), &self.digest));
        let mut cells = vec![
            self.number.into(),
            self.name.clone().into(),
            digest,
            self.algorithm.clone().into(),
            Value::or_absent(self.size),
            self.badge().into(),
        ];
        if is_signed {
            let href = format!("{address}/items/{}/signature", self.number);
            let stamp = self.timestamp.as_ref().map(|serial| Id::new("serial number of the timestamp", serial));
            cells.extend([Value::or_absent(stamp), Link::new(href, "download").into()]);
        }
        Row::plain(cells)
    }

    fn badge(&self) -> Badge {
        match self.state.as_str() {
            _ if self.withdrawn => Badge::new(State::Revoked, "withdrawn"),
            "signed" => Badge::new(State::Good, "signed"),
            "failed" => Badge::new(State::Broken, "failed"),
            _ => Badge::new(State::Pending, "not signed"),
        }
    }
}
