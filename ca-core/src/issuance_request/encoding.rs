//! The canonical encoding of a request, version 1: a heading, then fields of one tag octet, four octets of length (big
//! endian) and content, in this order and no other. It is what a digest is over, so it never changes; other contents are
//! another version.

use std::time::Duration;

use super::terms::{RequestedExtension, RequestedKey, Terms};
use crate::profile::ProfileHash;
use crate::x509::{DistinguishedName, GeneralName};

const HEADING: &[u8] = b"signet issuance request 1\0";

const CSR: u8 = 1;
const GENERATED: u8 = 2;
const PROFILE: u8 = 3;
const PROFILE_HASH: u8 = 4;
const ISSUER: u8 = 5;
const SUBJECT: u8 = 6;
const NAME: u8 = 7;
const EXTENSION: u8 = 8;
const VALIDITY: u8 = 9;

/// Octets that are no encoded request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored request cannot be read: {0}")]
pub struct InvalidEncoding(pub(super) &'static str);

pub(super) fn encode(terms: &Terms) -> Vec<u8> {
    let mut octets = HEADING.to_vec();
    let mut field = |tag: u8, content: &[u8]| {
        octets.push(tag);
        // No field comes near 4 GiB: a CSR has at most 64 KiB.
        octets.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
        octets.extend_from_slice(content);
    };
    match &terms.key {
        RequestedKey::Csr(der) => field(CSR, der),
        RequestedKey::Generated(der) => field(GENERATED, der),
    }
    field(PROFILE, terms.profile.as_bytes());
    field(PROFILE_HASH, terms.profile_hash.as_bytes());
    field(ISSUER, terms.issuer.as_bytes());
    field(SUBJECT, terms.subject.as_der());
    terms.names.iter().for_each(|name| field(NAME, name.to_string().as_bytes()));
    terms.extensions.iter().for_each(|extension| field(EXTENSION, &extension_content(extension)));
    field(VALIDITY, &terms.validity.as_secs().to_be_bytes());
    octets
}

/// `critical` as 0 or 1, the dotted identifier, a zero octet, the value.
fn extension_content(extension: &RequestedExtension) -> Vec<u8> {
    [&[u8::from(extension.critical)], extension.oid.as_bytes(), &[0], &extension.value].concat()
}

pub(super) fn decode(octets: &[u8]) -> Result<Terms, InvalidEncoding> {
    let mut fields = Fields(octets.strip_prefix(HEADING).ok_or(InvalidEncoding("it has another heading"))?);
    let key = match fields.next()? {
        (CSR, der) => RequestedKey::Csr(der.to_vec()),
        (GENERATED, der) => RequestedKey::Generated(der.to_vec()),
        _ => return Err(InvalidEncoding("there is no key")),
    };
    let profile = text(fields.tagged(PROFILE)?)?;
    let hash = fields.tagged(PROFILE_HASH)?.try_into().map_err(|_| InvalidEncoding("the profile hash is too short"))?;
    let issuer = text(fields.tagged(ISSUER)?)?;
    let subject = DistinguishedName::from_der(fields.tagged(SUBJECT)?).map_err(|_| InvalidEncoding("no subject"))?;
    let names = fields.all(NAME)?.into_iter().map(name).collect::<Result<_, _>>()?;
    let extensions = fields.all(EXTENSION)?.into_iter().map(extension).collect::<Result<_, _>>()?;
    let seconds = fields.tagged(VALIDITY)?.try_into().map_err(|_| InvalidEncoding("the validity is too short"))?;
    if !fields.0.is_empty() {
        return Err(InvalidEncoding("something follows"));
    }
    let validity = Duration::from_secs(u64::from_be_bytes(seconds));
    Ok(Terms {
        key,
        profile,
        profile_hash: ProfileHash::from_bytes(hash),
        issuer,
        subject,
        names,
        extensions,
        validity,
    })
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Result<(u8, &'a [u8]), InvalidEncoding> {
        let short = InvalidEncoding("it ends too early");
        let (tag, rest) = self.0.split_first().ok_or(short)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(short)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| short)?;
        let (content, rest) = rest.split_at_checked(length).ok_or(short)?;
        self.0 = rest;
        Ok((*tag, content))
    }

    fn tagged(&mut self, wanted: u8) -> Result<&'a [u8], InvalidEncoding> {
        match self.next()? {
            (tag, content) if tag == wanted => Ok(content),
            _ => Err(InvalidEncoding("a field is missing")),
        }
    }

    /// Every field in a row with this tag.
    fn all(&mut self, wanted: u8) -> Result<Vec<&'a [u8]>, InvalidEncoding> {
        let mut found = Vec::new();
        while self.0.first() == Some(&wanted) {
            found.push(self.tagged(wanted)?);
        }
        Ok(found)
    }
}

fn text(content: &[u8]) -> Result<String, InvalidEncoding> {
    String::from_utf8(content.to_vec()).map_err(|_| InvalidEncoding("a text is no UTF-8"))
}

fn name(content: &[u8]) -> Result<GeneralName, InvalidEncoding> {
    text(content)?.parse().map_err(|_| InvalidEncoding("a name has an unknown form"))
}

fn extension(content: &[u8]) -> Result<RequestedExtension, InvalidEncoding> {
    let fault = InvalidEncoding("an extension has an unknown form");
    let (critical, rest) = content.split_first().ok_or(fault)?;
    let end = rest.iter().position(|octet| *octet == 0).ok_or(fault)?;
    let (oid, value) = (rest.get(..end).unwrap_or_default(), rest.get(end + 1..).unwrap_or_default());
    Ok(RequestedExtension { oid: text(oid)?, critical: *critical == 1, value: value.to_vec() })
}
