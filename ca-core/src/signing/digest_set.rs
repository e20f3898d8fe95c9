//! What one signing request covers: artifacts by name and digest. Approvals are for the hash of this set.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;

use super::Format;
use crate::hsm::DigestAlgorithm;

/// At most so many artifacts in one request.
pub const MOST_ITEMS: usize = 3000;

/// Octets of an artifact's name.
const LONGEST_NAME: usize = 512;

/// One artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestItem {
    /// What people call it: a file name or a path within the build, unique within a set.
    pub name: String,
    /// The hash function.
    pub algorithm: DigestAlgorithm,
    /// What the format takes the digest of, see [`Format`].
    pub digest: Vec<u8>,
}

/// Artifacts with distinct names, in the order of their submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestSet {
    format: Format,
    items: Vec<DigestItem>,
}

/// Why artifacts make no set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDigestSet {
    /// There is none.
    #[error("there is nothing to sign: items is empty")]
    Empty,
    /// There are too many.
    #[error("{0} items are more than one request may have ({MOST_ITEMS})")]
    TooMany(usize),
    /// Two have the same name.
    #[error("two items are called {0:?}: names are unique within a request")]
    DuplicateName(String),
    /// A name is empty, long, or has control characters.
    #[error("item {0} has no usable name: 1 to 512 octets without control characters")]
    Name(usize),
    /// A digest does not have the length of its algorithm.
    #[error("the digest of {name:?} has {octets} octets, {algorithm} has {expected}")]
    Length {
        /// Of which item.
        name: String,
        /// What it has.
        octets: usize,
        /// The item's algorithm.
        algorithm: DigestAlgorithm,
        /// What that has.
        expected: usize,
    },
}

impl DigestSet {
    /// Checks what was submitted.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(format: Format, items: Vec<DigestItem>) -> Result<Self, InvalidDigestSet> {
        match items.len() {
            0 => return Err(InvalidDigestSet::Empty),
            count if count > MOST_ITEMS => return Err(InvalidDigestSet::TooMany(count)),
            _ => {}
        }
        let mut names = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            check(index, item)?;
            if !names.insert(item.name.as_str()) {
                return Err(InvalidDigestSet::DuplicateName(item.name.clone()));
            }
        }
        Ok(Self { format, items })
    }

    /// What is to be made of the digests.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The artifacts, in the order of their submission.
    pub fn items(&self) -> &[DigestItem] {
        &self.items
    }

    /// SHA-256 over format and artifacts in their canonical encoding, version 1: the same for the same artifacts in any
    /// order. A heading, then the format, then the artifacts by ascending name: name, algorithm and digest, each with four
    /// octets of length (big endian) in front.
    pub fn hash(&self) -> DigestSetHash {
        let mut sorted: Vec<&DigestItem> = self.items.iter().collect();
        sorted.sort_by(|one, other| one.name.cmp(&other.name));
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(HEADING);
        let mut field = |content: &[u8]| {
            // Lengths are checked: nothing comes near 4 GiB.
            context.update(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
            context.update(content);
        };
        field(self.format.as_str().as_bytes());
        for item in sorted {
            field(item.name.as_bytes());
            field(item.algorithm.as_str().as_bytes());
            field(&item.digest);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        DigestSetHash(hash)
    }
}

const HEADING: &[u8] = b"signet digest set 1\0";

fn check(index: usize, item: &DigestItem) -> Result<(), InvalidDigestSet> {
    if item.name.is_empty() || item.name.len() > LONGEST_NAME || item.name.chars().any(char::is_control) {
        return Err(InvalidDigestSet::Name(index));
    }
    let (octets, expected) = (item.digest.len(), item.algorithm.output_len());
    if octets == expected {
        return Ok(());
    }
    Err(InvalidDigestSet::Length { name: item.name.clone(), octets, algorithm: item.algorithm, expected })
}

/// The hash of a [`DigestSet`], written `sha256:` and 64 digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DigestSetHash([u8; 32]);

impl DigestSetHash {
    /// The hash with these octets.
    pub const fn from_bytes(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// Its octets.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for DigestSetHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for DigestSetHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DigestSetHash({self})")
    }
}

/// Text that is no [`DigestSetHash`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the hash of a digest set: expected sha256: and 64 hexadecimal digits")]
pub struct InvalidDigestSetHash(String);

impl FromStr for DigestSetHash {
    type Err = InvalidDigestSetHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).ok_or_else(|| InvalidDigestSetHash(text.chars().take(80).collect()))
    }
}

fn read(text: &str) -> Option<DigestSetHash> {
    let digits = text.strip_prefix("sha256:")?;
    let hexadecimal = digits.len() == 64 && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    let mut hash = [0; 32];
    for (octet, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    hexadecimal.then_some(DigestSetHash(hash))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn item(name: &str, octet: u8) -> DigestItem {
        DigestItem { name: name.to_owned(), algorithm: DigestAlgorithm::Sha256, digest: vec![octet; 32] }
    }

    #[test]
    fn the_hash_of_version_1_stays_as_it_is() {
        let set = DigestSet::new(Format::CmsDetached, vec![item("b.bin", 2), item("a.bin", 1)]).unwrap();
        let other = DigestSet::new(Format::CmsDetached, vec![item("a.bin", 1), item("b.bin", 2)]).unwrap();
        assert_eq!(set.hash(), other.hash());
        insta::assert_snapshot!(set.hash(), @"sha256:eef6b0ff67452308647128979238e62e75e145f23628d0b3cef9f2719a0b5508");
    }

    #[test]
    fn another_format_name_algorithm_or_digest_is_another_hash() {
        let hash = |format, item| DigestSet::new(format, vec![item]).unwrap().hash();
        let sha512 = DigestItem { algorithm: DigestAlgorithm::Sha512, digest: vec![1; 64], ..item("a", 1) };
        let hashes = [
            hash(Format::Raw, item("a", 1)),
            hash(Format::JarSf, item("a", 1)),
            hash(Format::Raw, item("b", 1)),
            hash(Format::Raw, item("a", 2)),
            hash(Format::Raw, sha512),
        ];
        assert_eq!(hashes.iter().collect::<HashSet<_>>().len(), hashes.len());
    }

    #[test]
    fn what_is_no_set_is_refused_with_the_rule() {
        let refusal = |items| DigestSet::new(Format::Raw, items).unwrap_err().to_string();
        assert!(refusal(vec![]).contains("nothing to sign"));
        assert!(refusal(vec![item("a", 1), item("a", 2)]).contains("two items are called \"a\""));
        assert!(refusal(vec![item("", 1)]).contains("item 0 has no usable name"));
        assert!(refusal(vec![item("a\nb", 1)]).contains("no usable name"));
        let short = DigestItem { digest: vec![0; 31], ..item("a", 1) };
        assert_eq!(refusal(vec![short]), "the digest of \"a\" has 31 octets, sha256 has 32");
        let many = (0..=MOST_ITEMS).map(|index| item(&index.to_string(), 0)).collect();
        assert!(refusal(many).contains("3001 items"));
    }

    #[test]
    fn a_hash_reads_back() {
        let hash = DigestSetHash::from_bytes([0xab; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(hash.to_string().to_uppercase().replace("SHA", "sha").parse(), Ok(hash));
        for text in ["", "sha256:", "sha256:zz", &hash.to_string()[..70], &format!("{hash}00"), &"+1".repeat(32)] {
            text.parse::<DigestSetHash>().unwrap_err();
        }
    }
}
