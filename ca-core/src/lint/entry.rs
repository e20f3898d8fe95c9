//! One entry of a CRL, read where it stands.

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, OctetStringRef};
use der::{Reader as _, Sequence, SliceReader, Tag, Tagged as _};
use x509_cert::time::Time;

use super::extensions::ENCODING;
use super::finding::Finding;

/// `revokedCertificates` of RFC 5280 §5.1.2.6.
#[derive(Sequence)]
pub(super) struct Entry<'a> {
    serial: AnyRef<'a>,
    pub(super) revocation_date: Time,
    pub(super) extensions: Option<Vec<EntryExtension<'a>>>,
}

/// `Extension` of RFC 5280 §4.1, borrowed.
#[derive(Clone, Sequence)]
pub(super) struct EntryExtension<'a> {
    pub(super) extn_id: ObjectIdentifier,
    /// As it is written: FALSE is the default, which DER leaves out.
    critical: Option<bool>,
    pub(super) extn_value: &'a OctetStringRef,
}

impl EntryExtension<'_> {
    pub(super) fn critical(&self) -> bool {
        self.critical == Some(true)
    }
}

impl<'a> Entry<'a> {
    /// The serial number's INTEGER without its header.
    pub(super) fn serial(&self) -> &'a [u8] {
        self.serial.value()
    }

    pub(super) fn extensions(&self) -> &[EntryExtension<'a>] {
        self.extensions.as_deref().unwrap_or_default()
    }

    pub(super) fn extension(&self, id: ObjectIdentifier) -> Option<&EntryExtension<'a>> {
        self.extensions().iter().find(|extension| extension.extn_id == id)
    }
}

/// Reads the entries one after the other. After the first that is not DER, nothing follows.
pub(super) struct Entries<'a> {
    reader: Option<SliceReader<'a>>,
}

impl<'a> Entries<'a> {
    pub(super) fn of(content: &'a [u8]) -> Self {
        Self { reader: SliceReader::new(content).ok() }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Finding>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.reader.as_mut().filter(|reader| !reader.is_finished())?;
        let entry = read(reader);
        if entry.is_err() {
            self.reader = None;
        }
        Some(entry)
    }
}

fn read<'a>(reader: &mut SliceReader<'a>) -> Result<Entry<'a>, Finding> {
    let entry = reader.decode::<Entry<'a>>();
    let entry = entry.map_err(|error| ENCODING.finding(format!("an entry cannot be decoded: {error}")))?;
    let spelled_out = entry.extensions().iter().any(|extension| extension.critical == Some(false));
    if spelled_out || entry.serial.tag() != Tag::Integer || !is_shortest(entry.serial()) {
        return Err(ENCODING.finding("an entry is not in its distinguished encoding".to_owned()));
    }
    Ok(entry)
}

// X.690 §8.3.2: the first nine bits of an INTEGER are neither all zero nor all one.
fn is_shortest(integer: &[u8]) -> bool {
    match integer {
        [] | [0x00, 0x00..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => false,
        [..] => true,
    }
}
