//! Anti-replay nonces (RFC 8555 §6.5) that prove themselves: making one writes nothing.
//!
//! A nonce is an encrypted time and counter, bound to an epoch. Whoever has the key can tell whether it is ours, of this epoch and
//! young; that it is used only once is for the server to record, under [`ReplayNonce::id`].
//!
//! AES-256-GCM-SIV (RFC 8452), because the key is shared by replicas: if two ever made a nonce from the same time and counter, they
//! would make the same one, and nothing about the key would be lost.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::{Problem, base64url};
use crate::time::UnixTime;

/// How long a nonce can be used.
pub const LIFETIME: Duration = Duration::from_secs(3600);

/// Octets of an epoch.
pub const EPOCH_OCTETS: usize = 16;

/// A random value under which nonces are made; every older nonce dies with it.
pub type Epoch = [u8; EPOCH_OCTETS];

const KEY_OCTETS: usize = 32;
const COUNTER_OCTETS: usize = 8;
/// Counter and time in clear, as AEAD nonce: 8 octets of counter, the low 4 of the time.
const HEAD_OCTETS: usize = 12;
/// The encrypted upper half of the time, and the tag.
const SEALED_OCTETS: usize = 4 + 16;

/// The key that nonces are made with, ready for use.
pub struct NonceKey(LessSafeKey);

impl fmt::Debug for NonceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceKey")
    }
}

impl NonceKey {
    /// Takes 32 random octets.
    ///
    /// # Errors
    /// [`UnusableNonceKey`] when the engine refuses the key.
    pub fn new(octets: &Zeroizing<[u8; KEY_OCTETS]>) -> Result<Self, UnusableNonceKey> {
        UnboundKey::new(&AES_256_GCM_SIV, octets.as_slice())
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| UnusableNonceKey)
    }
}

/// The engine refuses the key or cannot encrypt.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cipher of anti-replay nonces cannot be used")]
pub struct UnusableNonceKey;

/// A nonce that is ours: its content after [`open`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReplayNonce {
    /// When it was made.
    pub made_at: UnixTime,
    /// Its number, unique among those made in the same second under the epoch.
    pub counter: u64,
}

impl ReplayNonce {
    /// From when on it is refused for its age: how long its use must be remembered.
    pub fn expires_at(self) -> UnixTime {
        self.made_at.plus(LIFETIME)
    }

    /// What its use is recorded under: 16 octets, time and counter.
    pub fn id(self) -> [u8; 16] {
        ((u128::from(self.made_at.seconds().unsigned_abs()) << 64) | u128::from(self.counter)).to_be_bytes()
    }
}

/// Makes a nonce. `counter` differs for each nonce of a process; a process that shares its epoch with others starts it at a random
/// number, so that two do not make the same.
///
/// # Errors
/// [`UnusableNonceKey`] when the engine fails.
pub fn seal(key: &NonceKey, epoch: &Epoch, now: UnixTime, counter: u64) -> Result<String, UnusableNonceKey> {
    let time = now.seconds().to_be_bytes();
    let (high, low) = time.split_at(4);
    let mut head = [0; HEAD_OCTETS];
    let (counter_part, time_part) = head.split_at_mut(COUNTER_OCTETS);
    counter_part.copy_from_slice(&counter.to_be_bytes());
    time_part.copy_from_slice(low);
    let mut sealed = high.to_vec();
    key.0
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(head), Aad::from(epoch), &mut sealed)
        .map_err(|_| UnusableNonceKey)?;
    Ok(base64url::encode([head.as_slice(), &sealed].concat()))
}

/// Opens a nonce that a client sent.
///
/// # Errors
/// `badNonce` for one that is not ours, of another epoch, or made more than an hour ago (or in the future, after the clock was set
/// back by as much).
pub fn open(key: &NonceKey, epoch: &Epoch, now: UnixTime, text: &str) -> Result<ReplayNonce, Problem> {
    let nonce = decrypt(key, epoch, text)
        .ok_or_else(|| Problem::bad_nonce("the nonce is not one of this server's, or from before its restart"))?;
    if now.since(nonce.made_at) >= LIFETIME || nonce.made_at.since(now) >= LIFETIME {
        return Err(Problem::bad_nonce("the nonce is older than an hour"));
    }
    Ok(nonce)
}

fn decrypt(key: &NonceKey, epoch: &Epoch, text: &str) -> Option<ReplayNonce> {
    let mut octets = base64url::decode(text).filter(|octets| octets.len() == HEAD_OCTETS + SEALED_OCTETS)?;
    let (head, sealed) = octets.split_at_mut(HEAD_OCTETS);
    let head = <[u8; HEAD_OCTETS]>::try_from(&*head).ok()?;
    let high = key.0.open_in_place(Nonce::assume_unique_for_key(head), Aad::from(epoch), sealed).ok()?;
    let (counter, low) = head.split_at(COUNTER_OCTETS);
    let time = [&*high, low].concat();
    let made_at = UnixTime::from_seconds(i64::from_be_bytes(time.try_into().ok()?));
    Some(ReplayNonce { made_at, counter: u64::from_be_bytes(counter.try_into().ok()?) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::acme::ProblemType;

    const EPOCH: Epoch = [7; EPOCH_OCTETS];
    const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

    fn key(octet: u8) -> NonceKey {
        NonceKey::new(&Zeroizing::new([octet; KEY_OCTETS])).unwrap()
    }

    fn bad(result: Result<ReplayNonce, Problem>) -> bool {
        result.is_err_and(|problem| (problem.kind(), problem.status()) == (ProblemType::BadNonce, 400))
    }

    #[test]
    fn a_nonce_lives_an_hour() {
        let text = seal(&key(1), &EPOCH, NOW, 42).unwrap();
        let nonce = ReplayNonce { made_at: NOW, counter: 42 };
        assert_eq!(open(&key(1), &EPOCH, NOW, &text), Ok(nonce));
        assert_eq!(nonce.expires_at(), NOW.plus(LIFETIME));
        assert_eq!(open(&key(1), &EPOCH, NOW.plus(Duration::from_secs(3599)), &text), Ok(nonce));
        assert!(bad(open(&key(1), &EPOCH, NOW.plus(LIFETIME), &text)));
        assert!(bad(open(&key(1), &EPOCH, NOW.minus(LIFETIME), &text)));
    }

    #[test]
    fn another_key_or_epoch_makes_it_bad() {
        let text = seal(&key(1), &EPOCH, NOW, 42).unwrap();
        assert!(bad(open(&key(2), &EPOCH, NOW, &text)));
        assert!(bad(open(&key(1), &[8; EPOCH_OCTETS], NOW, &text)));
    }

    #[test]
    fn garbage_is_bad() {
        let text = seal(&key(1), &EPOCH, NOW, 42).unwrap();
        for garbage in
            ["", "AA", &text[1..], &format!("{text}A"), &format!("{text}="), "ü", &"A".repeat(43), &"A".repeat(10_000)]
        {
            assert!(bad(open(&key(1), &EPOCH, NOW, garbage)), "{garbage}");
        }
    }

    #[test]
    fn nonces_and_their_ids_differ() {
        let texts: HashSet<_> = (0..1000).map(|counter| seal(&key(1), &EPOCH, NOW, counter).unwrap()).collect();
        assert_eq!(texts.len(), 1000);
        let id = |seconds, counter| ReplayNonce { made_at: UnixTime::from_seconds(seconds), counter }.id();
        assert_eq!(HashSet::from([id(1, 1), id(1, 2), id(2, 1), id(2, u64::MAX)]).len(), 4);
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(seconds in 0i64..1 << 40, counter: u64, epoch: Epoch) {
            let now = UnixTime::from_seconds(seconds);
            let text = seal(&key(1), &epoch, now, counter).unwrap();
            prop_assert_eq!(open(&key(1), &epoch, now, &text), Ok(ReplayNonce { made_at: now, counter }));
        }

        #[test]
        fn a_changed_letter_makes_it_bad(index in 0usize..43, letter in "[A-Za-z0-9_-]") {
            let text = seal(&key(1), &EPOCH, NOW, 42).unwrap();
            let mut changed = text.clone();
            changed.replace_range(index..=index, &letter);
            prop_assume!(changed != text);
            prop_assert!(bad(open(&key(1), &EPOCH, NOW, &changed)));
        }
    }
}
