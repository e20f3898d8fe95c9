//! Secrets in the database: AES-256-GCM under the installation's data-encryption key, bound to the place they are in.
//!
//! A sealed value is `key version (4 octets, big endian) || nonce (12) || ciphertext and tag`. Table, column and row are
//! authenticated with it, so that a value copied to another row does not open there.

use std::collections::BTreeMap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

/// Where a sealed value is stored.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row's primary key as text.
    pub row: &'a str,
}

/// Why a value cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key of that version was not unwrapped.
    #[error("the data-encryption key version {0} is not at hand")]
    NoSuchKey(u32),
    /// The value is damaged, belongs to another place, or was sealed under another key.
    #[error("a sealed value does not open here: it is damaged or was moved")]
    DoesNotOpen,
}

const VERSION_LEN: usize = 4;

/// The unwrapped data-encryption keys of an installation. Wiped from memory when dropped.
pub struct DataKeys {
    keys: BTreeMap<u32, Zeroizing<[u8; 32]>>,
}

impl DataKeys {
    /// Takes keys with their versions; the highest seals, all open.
    pub fn new(keys: impl IntoIterator<Item = (u32, Zeroizing<[u8; 32]>)>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// Encrypts a secret for a place. The nonce must be fresh random octets.
    ///
    /// # Errors
    /// When there is no key.
    pub fn seal(&self, place: Place<'_>, nonce: [u8; NONCE_LEN], secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let (version, key) = self.keys.last_key_value().ok_or(SealError::NoSuchKey(0))?;
        let mut text = Zeroizing::new(secret.to_vec());
        let tag = cipher(key)?
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), place.associated_data(*version), &mut text)
            .map_err(|_| SealError::DoesNotOpen)?;
        Ok([&version.to_be_bytes(), nonce.as_slice(), &text, tag.as_ref()].concat())
    }

    /// Decrypts what [`DataKeys::seal`] made for the same place.
    ///
    /// # Errors
    /// When the key of its version is missing or the value does not belong here.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (version, rest) = sealed.split_first_chunk::<VERSION_LEN>().ok_or(SealError::DoesNotOpen)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError::DoesNotOpen)?;
        let version = u32::from_be_bytes(*version);
        let key = self.keys.get(&version).ok_or(SealError::NoSuchKey(version))?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = cipher(key)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), place.associated_data(version), &mut text)
            .map_err(|_| SealError::DoesNotOpen)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

impl std::fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataKeys(versions {:?})", self.keys.keys())
    }
}

fn cipher(key: &Zeroizing<[u8; 32]>) -> Result<LessSafeKey, SealError> {
    UnboundKey::new(&AES_256_GCM, key.as_slice()).map(LessSafeKey::new).map_err(|_| SealError::DoesNotOpen)
}

impl Place<'_> {
    /// Each part with its length in front, so that no two places give the same octets.
    fn associated_data(&self, version: u32) -> Aad<Vec<u8>> {
        let mut octets = version.to_be_bytes().to_vec();
        for part in [self.table, self.column, self.row] {
            octets.extend_from_slice(&part.len().to_be_bytes());
            octets.extend_from_slice(part.as_bytes());
        }
        Aad::from(octets)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { table: "external_account", column: "hmac_key", row: "1" };

    fn keys(versions: &[u32]) -> DataKeys {
        DataKeys::new(versions.iter().map(|version| (*version, Zeroizing::new([*version as u8; 32]))))
    }

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let sealed = keys(&[1]).seal(PLACE, [7; 12], b"secret").unwrap();
        assert_eq!(keys(&[1]).open(PLACE, &sealed).unwrap().as_slice(), b"secret");
        for place in [
            Place { row: "2", ..PLACE },
            Place { column: "other", ..PLACE },
            Place { table: "external_accounthmac", column: "_key", ..PLACE },
        ] {
            assert_eq!(keys(&[1]).open(place, &sealed), Err(SealError::DoesNotOpen), "{place:?}");
        }
    }

    #[test]
    fn the_newest_key_seals_and_old_values_still_open() {
        let old = keys(&[1]).seal(PLACE, [7; 12], b"old").unwrap();
        let both = keys(&[2, 1]);
        let new = both.seal(PLACE, [8; 12], b"new").unwrap();
        assert_eq!((old[..4].to_vec(), new[..4].to_vec()), (vec![0, 0, 0, 1], vec![0, 0, 0, 2]));
        assert_eq!(both.open(PLACE, &old).unwrap().as_slice(), b"old");
        assert_eq!(keys(&[1]).open(PLACE, &new), Err(SealError::NoSuchKey(2)));
    }

    #[test]
    fn damage_is_noticed() {
        let sealed = keys(&[1]).seal(PLACE, [7; 12], b"secret").unwrap();
        for position in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[position] ^= 1;
            assert!(keys(&[1]).open(PLACE, &damaged).is_err(), "{position}");
            assert!(keys(&[1]).open(PLACE, &sealed[..position]).is_err(), "{position}");
        }
    }

    #[test]
    fn keys_are_never_printed() {
        assert_eq!(format!("{:?}", keys(&[3])), "DataKeys(versions [3])");
    }
}
