//! Where a key is on a token, as a PKCS#11 URI (RFC 7512 §2.3).

use std::fmt::Write as _;

use super::super::uri::{Attributes, encode};
use super::super::{Failure, KeyRef};

/// The part of a locator by which the key is searched: `CKA_ID`.
pub(super) fn id_of(key: &KeyRef) -> Result<Vec<u8>, Failure> {
    let unusable = Failure::InvalidInput("the locator of the key is not a PKCS#11 URI with an id");
    let Some(path) = key.locator.strip_prefix("pkcs11:") else { return Err(unusable) };
    let attributes = Attributes::parse(path, ';', &["token", "serial", "id", "object", "type"]);
    attributes.ok().and_then(|attributes| attributes.octets("id")).ok_or(unusable)
}

/// The locator of a private key.
pub(super) fn format(token: &str, id: &[u8], label: &str) -> String {
    let id = id.iter().fold(String::new(), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "%{octet:02X}");
        text
    });
    format!("pkcs11:token={};id={id};object={};type=private", encode(token), encode(label))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::hsm::KeyId;
    use crate::x509::{KeyAlgorithm, SubjectPublicKeyInfo};

    fn key(locator: &str) -> KeyRef {
        let public_key = SubjectPublicKeyInfo::from_point(KeyAlgorithm::Ed25519, &[0; 32]).unwrap();
        KeyRef { id: KeyId::new(uuid::Uuid::nil()), locator: locator.to_owned(), public_key }
    }

    #[test]
    fn the_id_reads_back() {
        let locator = format("my token", &[0, 0x7f, b'a', 0xff], "signet/ca; 1");
        assert_eq!(locator, "pkcs11:token=my%20token;id=%00%7F%61%FF;object=signet%2Fca%3B%201;type=private");
        assert_eq!(id_of(&key(&locator)).unwrap(), [0, 0x7f, b'a', 0xff]);
    }

    #[test]
    fn other_locators_are_refused() {
        for other in ["software:0190", "pkcs11:token=a", "pkcs11:id=", "pkcs11:id=%01;pin-value=1", "pkcs11:colour=1"] {
            assert!(matches!(id_of(&key(other)), Err(Failure::InvalidInput(_))), "{other}");
        }
    }
}
