//! Reading a CRL without holding its entries in memory.

use const_oid::ObjectIdentifier;
use der::asn1::{BitStringRef, OctetStringRef};
use der::{Decode, Header, Reader as _, Sequence, SliceReader, Tag, TagNumber};
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::Time;

use super::tlv;

/// What `TBSCertList` (RFC 5280 §5.1.2) says for display, its entries not looked at.
pub(super) struct TbsReader<'a> {
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
    critical: bool,
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
        let _version: Option<u8> = fields.decode()?;
        AlgorithmIdentifierOwned::decode(fields)?;
        Ok(Self {
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
