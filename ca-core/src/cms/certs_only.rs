//! SignedData that signs nothing and only carries certificates: `.p7b`, "PKCS#7" to most programs (RFC 5652 §5.1, RFC 2315).

use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode as _, ErrorKind, Reader as _, SliceReader, Tag, TagNumber};

use super::oid::{ID_DATA, ID_SIGNED_DATA};
use super::tlv::{CONTEXT_0, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET, value};
use crate::x509::{Certificate, EncodingError};

/// The certificates, in their order, in DER.
///
/// ContentInfo { signedData, [0] SignedData { version 1, digestAlgorithms {}, encapContentInfo { data },
/// certificates [0] IMPLICIT, signerInfos {} } }. The set of certificates is left in the order of the path, as other
/// writers do: readers that take the first one for the end entity's are right.
pub fn write(certificates: &[Certificate]) -> Vec<u8> {
    let all: Vec<u8> = certificates.iter().flat_map(|certificate| certificate.as_der().iter().copied()).collect();
    let signed_data = [
        value(INTEGER, &[1]),
        value(SET, &[]),
        value(SEQUENCE, &value(OBJECT_IDENTIFIER, ID_DATA.as_bytes())),
        value(CONTEXT_0, &all),
        value(SET, &[]),
    ];
    let content = value(CONTEXT_0, &value(SEQUENCE, &signed_data.concat()));
    value(SEQUENCE, &[value(OBJECT_IDENTIFIER, ID_SIGNED_DATA.as_bytes()), content].concat())
}

/// The same as one PEM block.
pub fn write_pem(certificates: &[Certificate]) -> String {
    crate::x509::pem::encode("PKCS7", &write(certificates))
}

/// The certificates that a SignedData carries, in DER; signatures in it are not looked at.
///
/// # Errors
/// When it is something else, or malformed.
pub fn read(der: &[u8]) -> Result<Vec<Vec<u8>>, EncodingError> {
    certificates(der).map_err(EncodingError::of("SignedData"))
}

fn certificates(der: &[u8]) -> der::Result<Vec<Vec<u8>>> {
    let content_info = elements(AnyRef::from_der(der)?)?;
    let [kind, content] = content_info.as_slice() else { return Err(ErrorKind::Failed.into()) };
    if kind.decode_as::<ObjectIdentifier>()? != ID_SIGNED_DATA {
        return Err(ErrorKind::OidUnknown { oid: ID_SIGNED_DATA }.into());
    }
    let signed_data = elements(*content)?;
    let [signed_data] = signed_data.as_slice() else { return Err(ErrorKind::Failed.into()) };
    let parts = elements(*signed_data)?;
    let set = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
    let Some(set) = parts.iter().find(|part| part.header().tag() == set) else { return Ok(Vec::new()) };
    let mut reader = SliceReader::new(set.value())?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(reader.tlv_bytes()?.to_vec());
    }
    Ok(found)
}

/// What a constructed value holds.
fn elements(value: AnyRef<'_>) -> der::Result<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(value.value())?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(reader.decode()?);
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
