//! Reading a CRL without holding its entries in memory.

use const_oid::ObjectIdentifier;
use der::asn1::{BitStringRef, OctetStringRef};
use der::{Decode, Header, Reader as _, Sequence, SliceReader, Tag, TagNumber};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

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

/// An element of `revokedCertificates`.
pub(super) struct EntryRef<'a> {
    /// Contents octets of the INTEGER.
    pub(super) serial: &'a [u8],
    pub(super) revoked_at: Time,
    /// Contents of `crlEntryExtensions`, if there.
    extensions: Option<&'a [u8]>,
}

impl<'a> EntryRef<'a> {
    /// `None` if there is no list of extensions.
    pub(super) fn extensions(&self) -> Option<Elements<'a, ExtensionRef<'a>>> {
        self.extensions.map(Elements::of)
    }
}

impl<'a> Decode<'a> for EntryRef<'a> {
    type Error = der::Error;

    fn decode<R: der::Reader<'a>>(reader: &mut R) -> der::Result<Self> {
        reader.sequence(|fields| {
            let serial = contents(fields, Tag::Integer)?;
            let revoked_at = fields.decode()?;
            let extensions = if fields.is_finished() { None } else { Some(contents(fields, Tag::Sequence)?) };
            Ok(Self { serial, revoked_at, extensions })
        })
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
                Some(SEQUENCE) => Some(contents(fields, Tag::Sequence)?),
                _ => None,
            },
            extensions: if fields.is_finished() { Vec::new() } else { extensions(fields)? },
        })
    }

    /// Each entry in turn, or the first error; `None` if there is no list at all.
    pub(super) fn entries(&self) -> Option<Elements<'a, EntryRef<'a>>> {
        self.entries.map(Elements::of)
    }

    /// How many entries there are. Only their headers are read.
    pub(super) fn entry_count(&self) -> der::Result<usize> {
        let mut reader = SliceReader::new(self.entries.unwrap_or_default())?;
        let mut count = 0;
        while !reader.is_finished() {
            reader.tlv_bytes()?;
            count += 1;
        }
        Ok(count)
    }

    pub(super) fn extension(&self, id: ObjectIdentifier) -> Option<&ExtensionRef<'a>> {
        self.extensions.iter().find(|extension| extension.id == id)
    }
}

/// Identifier octet of a SEQUENCE.
const SEQUENCE: u8 = 0x30;

/// `[0] EXPLICIT Extensions`
fn extensions<'a>(fields: &mut SliceReader<'a>) -> der::Result<Vec<ExtensionRef<'a>>> {
    let outer = contents(fields, Tag::ContextSpecific { constructed: true, number: TagNumber(0) })?;
    Vec::from_der(outer)
}

/// The contents octets of the next value, which has this tag.
fn contents<'a, R: der::Reader<'a>>(reader: &mut R, tag: Tag) -> der::Result<&'a [u8]> {
    let header = Header::decode(reader)?;
    header.tag().assert_eq(tag)?;
    reader.read_slice(header.length())
}

/// The elements of a SEQUENCE OF, decoded as they are asked for. Ends after the first error.
pub(super) struct Elements<'a, T> {
    contents: &'a [u8],
    element: std::marker::PhantomData<T>,
}

impl<'a, T> Elements<'a, T> {
    fn of(contents: &'a [u8]) -> Self {
        Self { contents, element: std::marker::PhantomData }
    }
}

impl<'a, T: Decode<'a, Error = der::Error>> Iterator for Elements<'a, T> {
    type Item = der::Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.contents.is_empty() {
            return None;
        }
        let element = T::from_der_partial(self.contents).map(|(element, rest)| {
            self.contents = rest;
            element
        });
        if element.is_err() {
            self.contents = &[];
        }
        Some(element)
    }
}
