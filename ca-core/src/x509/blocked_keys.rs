//! Public keys that are refused wherever one is presented, because their private halves are known to others.

use super::SubjectPublicKeyInfo;

/// The list that comes with the program: `policies/blocked-keys.txt`.
pub const BUILT_IN: &str = include_str!("../../../policies/blocked-keys.txt");

/// A list of blocked keys, by the SHA-256 of their `SubjectPublicKeyInfo`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockedKeys(Vec<BlockedKey>);

/// One key on the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockedKey {
    /// SHA-256 of the DER `SubjectPublicKeyInfo`.
    pub sha256: [u8; 32],
    /// What the list says about the key; perhaps nothing.
    pub reason: String,
}

/// A line that is neither empty, a comment, nor a hash.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line}: expected the SHA-256 of a SubjectPublicKeyInfo as 64 hexadecimal digits, perhaps `# reason` after it"
)]
pub struct InvalidBlockedKeys {
    /// Counted from 1.
    pub line: usize,
}

impl BlockedKeys {
    /// Reads one hash a line in hexadecimal of either case; `#` starts a comment, which after a hash is the reason.
    ///
    /// # Errors
    /// [`InvalidBlockedKeys`] with the first line that is something else: a typing error must not unblock a key.
    pub fn parse(text: &str) -> Result<Self, InvalidBlockedKeys> {
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let (hash, reason) = line.split_once('#').unwrap_or((line, ""));
            if !hash.trim().is_empty() {
                let sha256 = sha256(hash.trim()).ok_or(InvalidBlockedKeys { line: index + 1 })?;
                keys.push(BlockedKey { sha256, reason: reason.trim().to_owned() });
            }
        }
        keys.sort();
        keys.dedup_by_key(|key| key.sha256);
        Ok(Self(keys))
    }

    /// The entry of this very key.
    pub fn find(&self, key: &SubjectPublicKeyInfo) -> Option<&BlockedKey> {
        let index = self.0.binary_search_by_key(&key.sha256(), |entry| entry.sha256).ok()?;
        self.0.get(index)
    }

    /// All entries, sorted by hash.
    pub fn iter(&self) -> impl Iterator<Item = &BlockedKey> {
        self.0.iter()
    }
}

fn sha256(hexadecimal: &str) -> Option<[u8; 32]> {
    if hexadecimal.len() != 64 || !hexadecimal.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = [0; 32];
    for (index, octet) in hash.iter_mut().enumerate() {
        *octet = u8::from_str_radix(hexadecimal.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::x509::KeyAlgorithm;

    const HASH: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    #[test]
    fn hashes_comments_and_blank_lines_are_read() {
        let text = format!("# comment\r\n\r\n  {HASH}  # a reason\r\n{HASH}\n");
        let keys = BlockedKeys::parse(&text).unwrap();
        assert_eq!(keys.iter().count(), 1);
    }

    #[test]
    fn a_typing_error_is_refused_with_its_line() {
        for bad in [&HASH[1..], "key", &format!("{HASH}00"), &format!("+{}", &HASH[1..]), &"é".repeat(32)] {
            assert_eq!(BlockedKeys::parse(&format!("# one\n\n{bad}\n")), Err(InvalidBlockedKeys { line: 3 }), "{bad}");
        }
    }

    #[test]
    fn the_built_in_list_is_found_by_key() {
        let keys = BlockedKeys::parse(BUILT_IN).unwrap();
        // RFC 8032 §7.1, the public key of test 1: its private key is printed beside it.
        let octets = b"\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\
                       \x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";
        let key = |octets| SubjectPublicKeyInfo::from_point(KeyAlgorithm::Ed25519, octets).unwrap();
        assert!(keys.find(&key(octets)).is_some_and(|entry| entry.reason.contains("RFC 8032")));
        assert_eq!(keys.find(&key(&[9; 32])), None);
    }
}
