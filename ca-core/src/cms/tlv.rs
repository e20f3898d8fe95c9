//! Values put together octet by octet, for structures that no encoder here knows.

use const_oid::ObjectIdentifier;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `[0]`, constructed.
pub(crate) const CONTEXT_0: u8 = 0xa0;
/// `[2]`, constructed.
pub(crate) const CONTEXT_2: u8 = 0xa2;
/// `[4]`, constructed.
pub(crate) const CONTEXT_4: u8 = 0xa4;
/// `[0]`, primitive.
pub(crate) const PRIMITIVE_0: u8 = 0x80;

/// NULL.
pub(crate) const NULL: [u8; 2] = [0x05, 0x00];

/// X.690 §8.1: identifier, length in its shortest form, contents.
pub(crate) fn value(identifier: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|octet| *octet == 0).collect();
    let mut encoded = vec![identifier];
    match (contents.len(), u8::try_from(significant.len())) {
        (0..0x80, _) => encoded.push(significant.first().copied().unwrap_or_default()),
        (_, count) => {
            encoded.push(0x80 | count.unwrap_or_default());
            encoded.extend(significant);
        }
    }
    encoded.extend_from_slice(contents);
    encoded
}

/// A SEQUENCE of these values.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, &parts.concat())
}

/// An object identifier.
pub(crate) fn oid(id: ObjectIdentifier) -> Vec<u8> {
    value(OBJECT_IDENTIFIER, id.as_bytes())
}

/// A number from its big-endian octets, positive and in its shortest form (X.690 §8.3.2).
pub(crate) fn positive(octets: &[u8]) -> Vec<u8> {
    let mut contents: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
    if contents.first().is_none_or(|octet| *octet >= 0x80) {
        contents.insert(0, 0);
    }
    value(INTEGER, &contents)
}
