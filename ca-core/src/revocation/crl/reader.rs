//! Reading a CRL without holding its entries in memory.

use const_oid::ObjectIdentifier;
use der::asn1::{BitStringRef, OctetStringRef};
use der::{Decode, Header, Reader as _, Sequence, SliceReader, Tag, TagNumber};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::tlv;

/// `TBSCertList` (RFC 5280 §5.1.2), its entries not yet looked at.
pub(super) struct TbsReader<'a> {
    /// 1 is v2; absent is v1.
    pub(super) version: Option<u8>,
    pub(super) signature: AlgorithmIdentifierOwned,
    /// DER of the `Name`.
    pub(super) issuer: &'a [u8],
    pub(super) this_update: Time,
    pub(super) next_update: Option<Time>,
    /// Contents of `revokedCertificates`, if there.
    entries: Option<&'a [u8]>,
    pub(super) extensions: Vec<ExtensionRef<'a>>,
}

/// `Extension` that borrows its value.
#[derive(Clone, Copy, Sequence)]
pub(super) struct ExtensionRef<'a> {
    pub(super) id: ObjectIdentifier,
    #[asn1(default = "Default::default")]
    pub(super) critical: bool,
    value: &'a OctetStringRef,
}

impl<'a> ExtensionRef<'a> {
    pub(super) fn decode_value<T: Decode<'a, Error = der::Error>>(&self) -> der::Result<T> {
        T::from_der(self.value.as_bytes())
    }
}

impl<'a> TbsReader<'a> {
    /// Splits the signed `CertificateList`; its signature is not verified.
    pub(super) fn from_signed(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let tbs = reader.sequence(|fields| {
            let tbs = fields.tlv_bytes()?;
            AlgorithmIdentifierOwned::decode(fields)?;
            BitStringRef::decode(fields)?;
            Ok::<_, der::Error>(tbs)
        })?;
        reader.finish()?;
        Self::from_der(tbs)
    }

    pub(super) fn from_der(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let tbs = reader.sequence(Self::fields)?;
        reader.finish()?;
        Ok(tbs)
    }

    fn fields(fields: &mut SliceReader<'a>) -> der::Result<Self> {
        Ok(Self {
            version: fields.decode()?,
            signature: fields.decode()?,
            issuer: fields.tlv_bytes()?,
            this_update: fields.decode()?,
            next_update: fields.decode()?,
            entries: match fields.peek_byte() {
                Some(tlv::SEQUENCE) => Some(contents(fields, Tag::Sequence)?),
                _ => None,
            },
            extensions: if fields.is_finished() { Vec::new() } else { extensions(fields)? },
        })
    }

    /// Each entry in turn; `None` if there is no list at all.
    pub(super) fn entries(&self) -> Option<Entries<'a>> {
        self.entries.map(Entries)
    }

    /// How many entries there are; those of a malformed list before the fault.
    pub(super) fn entry_count(&self) -> usize {
        let next = |rest: &&'a [u8]| tlv::split(rest).map(|(_, _, rest)| rest);
        std::iter::successors(self.entries, next).skip(1).count()
    }

    pub(super) fn extension(&self, id: ObjectIdentifier) -> Option<&ExtensionRef<'a>> {
        self.extensions.iter().find(|extension| extension.id == id)
    }
}

/// `[0] EXPLICIT Extensions`
fn extensions<'a>(fields: &mut SliceReader<'a>) -> der::Result<Vec<ExtensionRef<'a>>> {
    let outer = contents(fields, Tag::ContextSpecific { constructed: true, number: TagNumber(0) })?;
    Vec::from_der(outer)
}

/// The contents octets of the next value, which has this tag.
fn contents<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> der::Result<&'a [u8]> {
    let header = Header::decode(reader)?;
    header.tag().assert_eq(tag)?;
    reader.read_slice(header.length())
}

/// The elements of `revokedCertificates`. Ends after the first that is malformed.
pub(super) struct Entries<'a>(&'a [u8]);

/// An element of `revokedCertificates`, split into its fields.
pub(super) struct EntryRef<'a> {
    /// Contents octets of the INTEGER.
    pub(super) serial: &'a [u8],
    /// Identifier and contents of what should be a `Time`.
    pub(super) revoked_at: (u8, &'a [u8]),
    /// Contents of `crlEntryExtensions`, if there.
    pub(super) extensions: Option<&'a [u8]>,
}

/// An element that is no `SEQUENCE { INTEGER, Time, Extensions OPTIONAL }`.
#[derive(Debug)]
pub(super) struct MalformedEntry;

impl<'a> Iterator for Entries<'a> {
    type Item = Result<EntryRef<'a>, MalformedEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = tlv::expect(tlv::SEQUENCE, self.0).and_then(|(fields, rest)| Some((EntryRef::of(fields)?, rest)));
        self.0 = entry.as_ref().map_or(&[], |(_, rest)| rest);
        Some(entry.map(|(entry, _)| entry).ok_or(MalformedEntry))
    }
}

impl<'a> EntryRef<'a> {
    fn of(fields: &'a [u8]) -> Option<Self> {
        let (serial, rest) = tlv::expect(tlv::INTEGER, fields)?;
        let (identifier, contents, rest) = tlv::split(rest)?;
        let revoked_at = (identifier, contents);
        if rest.is_empty() {
            return Some(Self { serial, revoked_at, extensions: None });
        }
        let (extensions, rest) = tlv::expect(tlv::SEQUENCE, rest)?;
        rest.is_empty().then_some(Self { serial, revoked_at, extensions: Some(extensions) })
    }
}
