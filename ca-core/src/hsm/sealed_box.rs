//! AES-256-GCM with a random nonce in front: nonce (12 octets), ciphertext, tag (16 octets).

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::{Failure, entropy};

/// A key of AES-256, cleared when dropped.
pub(crate) type Key = Zeroizing<[u8; 32]>;

const FAILED: Failure = Failure::Engine("AES-256-GCM");

/// A fresh random key.
pub(crate) fn random_key() -> Result<Key, Failure> {
    let mut key = Key::default();
    entropy::fill(key.as_mut())?;
    Ok(key)
}

/// Encrypts `plain`, bound to `associated_data`.
pub(crate) fn seal(key: &Key, associated_data: &[u8], plain: &[u8]) -> Result<Vec<u8>, Failure> {
    let cipher = RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).map_err(|_| FAILED)?;
    // Room for the tag from the start: a vector that grows would leave a copy of the plaintext behind.
    let mut text = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
    text.extend_from_slice(plain);
    let nonce = cipher.seal_in_place_append_tag(Aad::from(associated_data), &mut text).map_err(|_| FAILED)?;
    Ok([nonce.as_ref().as_slice(), &text].concat())
}

/// Decrypts; `None` if key, associated data or ciphertext are not those of [`seal`].
pub(crate) fn open(key: &Key, associated_data: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
    let cipher = RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).ok()?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let mut text = Zeroizing::new(text.to_vec());
    let length = cipher.open_in_place(nonce, Aad::from(associated_data), &mut text).ok()?.len();
    text.truncate(length);
    Some(text)
}
