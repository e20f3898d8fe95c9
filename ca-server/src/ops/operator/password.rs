//! Passwords: Argon2id, on threads that may block, a few at a time.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ca_core::acme::Problem;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::entropy::Entropy;
use crate::ops::OpError;

/// Hashing costs 19 MiB and some 20 ms of a core each; more of them at once would starve everything else.
const AT_ONCE: usize = 4;
/// Who waits behind more than so many others is told to come again.
const WAITING: usize = 64;

/// OWASP's parameters for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;
const HASH: usize = 32;

/// Shortest password in characters (NIST SP 800-63B asks for no composition rules, only for length).
const SHORTEST: usize = 12;
/// Longest password in octets, so that nobody hashes a book.
const LONGEST: usize = 1024;

/// Letters of one-time passwords: none that is mistaken for another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// A new password that will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short.
    #[error("a password has at least {SHORTEST} characters")]
    Short,
    /// Too long.
    #[error("a password has at most {LONGEST} bytes")]
    Long,
    /// The name again, or the same few characters.
    #[error("a password is not the sign-in name and not a few characters over and over")]
    Guessable,
    /// The old one again.
    #[error("the new password is the old one")]
    Unchanged,
}

/// The queue in front of the hash function.
pub struct PasswordHashing {
    places: Semaphore,
    waiting: Semaphore,
}

impl Default for PasswordHashing {
    fn default() -> Self {
        Self { places: Semaphore::new(AT_ONCE), waiting: Semaphore::new(AT_ONCE + WAITING) }
    }
}

impl PasswordHashing {
    /// The text to store for a password: algorithm, parameters, salt and hash, in the form of PHC strings.
    ///
    /// # Errors
    /// When too many wait.
    pub async fn hash(&self, entropy: &Entropy, password: Zeroizing<String>) -> Result<String, OpError> {
        let salt: [u8; SALT] = entropy.bytes();
        self.run(move || {
            let parameters = parameters(MEMORY_KIB, PASSES, LANES)?;
            let hash = derive(parameters, password.as_bytes(), &salt)?;
            Some(format!(
                "$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${}${}",
                STANDARD_NO_PAD.encode(salt),
                STANDARD_NO_PAD.encode(hash)
            ))
        })
        .await?
        .ok_or_else(|| OpError::Integrity("Argon2id refuses its parameters".to_owned()))
    }

    /// Whether a password is the one that was stored. Without a stored one the same work is done and the answer is no, so
    /// that the time does not tell whether a name exists.
    ///
    /// # Errors
    /// When too many wait, or the stored text is damaged.
    pub async fn verify(&self, stored: Option<String>, password: Zeroizing<String>) -> Result<bool, OpError> {
        let stored = match &stored {
            Some(text) => Stored::parse(text)
                .ok_or_else(|| OpError::Integrity("a stored password is not an Argon2id hash".to_owned()))?,
            None => Stored::nobody(),
        };
        Ok(self.run(move || stored.matches(password.as_bytes())).await?.unwrap_or(false))
    }

    async fn run<T, F>(&self, work: F) -> Result<Option<T>, OpError>
    where
        F: FnOnce() -> Option<T> + Send + 'static,
        T: Send + 'static,
    {
        let busy = || OpError::from(Problem::unavailable("sign-in, which has too many visitors at this moment,"));
        let _waiting = self.waiting.try_acquire().map_err(|_| busy())?;
        let _place = self.places.acquire().await.map_err(|_| busy())?;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| OpError::Integrity(format!("password hashing ended early: {error}")))
    }
}

/// A stored password, taken apart.
struct Stored {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: Vec<u8>,
    hash: Option<[u8; HASH]>,
}

impl Stored {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (cost, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut cost = cost.split(',');
        let mut number = |name: &str| cost.next()?.strip_prefix(name)?.parse().ok();
        Some(Self {
            memory_kib: number("m=")?,
            passes: number("t=")?,
            lanes: number("p=")?,
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            hash: Some(STANDARD_NO_PAD.decode(hash).ok()?.try_into().ok()?),
        })
    }

    /// What nobody's password matches.
    fn nobody() -> Self {
        Self { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES, salt: vec![0; SALT], hash: None }
    }

    fn matches(&self, password: &[u8]) -> Option<bool> {
        let parameters = parameters(self.memory_kib, self.passes, self.lanes)?;
        let derived = derive(parameters, password, &self.salt)?;
        let expected = self.hash.unwrap_or_default();
        Some(verify_slices_are_equal(&derived, &expected).is_ok() && self.hash.is_some())
    }
}

fn parameters(memory_kib: u32, passes: u32, lanes: u32) -> Option<Params> {
    Params::new(memory_kib, passes, lanes, Some(HASH)).ok()
}

fn derive(parameters: Params, password: &[u8], salt: &[u8]) -> Option<[u8; HASH]> {
    let mut hash = [0; HASH];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
    argon2.hash_password_into(password, salt, &mut hash).ok().map(|()| hash)
}

/// Refuses a new password that is easily guessed.
///
/// # Errors
/// [`WeakPassword`].
pub fn check(password: &str, name: &str) -> Result<(), WeakPassword> {
    if password.len() > LONGEST {
        return Err(WeakPassword::Long);
    }
    if password.chars().count() < SHORTEST {
        return Err(WeakPassword::Short);
    }
    let distinct = password.chars().collect::<std::collections::HashSet<_>>().len();
    let rest = password.to_lowercase().replace(name, "");
    if distinct < 5 || rest.chars().count() < SHORTEST / 2 { Err(WeakPassword::Guessable) } else { Ok(()) }
}

/// A password for the first sign-in: 100 random bits in groups that can be read aloud.
pub fn one_time(entropy: &Entropy) -> Zeroizing<String> {
    let random = Zeroizing::new(entropy.bytes::<20>());
    let letter = |octet: &u8| char::from(LETTERS[usize::from(octet % 32)]);
    let groups: Vec<String> = random.chunks(5).map(|group| group.iter().map(letter).collect()).collect();
    Zeroizing::new(groups.join("-"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::clock::Clock;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_password_that_was_hashed_matches() {
        let (hashing, entropy) = (PasswordHashing::default(), Entropy::new(Clock::system()));
        let stored = hashing.hash(&entropy, secret("correct horse")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(hashing.verify(Some(stored.clone()), secret("correct horse")).await.unwrap());
        assert!(!hashing.verify(Some(stored.clone()), secret("correct horsf")).await.unwrap());
        assert!(!hashing.verify(None, secret("correct horse")).await.unwrap());
        assert_ne!(stored, hashing.hash(&entropy, secret("correct horse")).await.unwrap());
    }

    #[tokio::test]
    async fn a_damaged_hash_is_not_a_wrong_password() {
        let damaged = PasswordHashing::default().verify(Some("$argon2id$v=19$x".to_owned()), secret("a")).await;
        assert!(matches!(damaged, Err(OpError::Integrity(_))), "{damaged:?}");
    }

    #[test]
    fn weak_passwords_are_named() {
        assert_eq!(check("short", "ann"), Err(WeakPassword::Short));
        assert_eq!(check(&"ab".repeat(10), "ann"), Err(WeakPassword::Guessable));
        assert_eq!(check("annannannannannann", "ann"), Err(WeakPassword::Guessable));
        assert_eq!(check(&"abcdefgh".repeat(200), "ann"), Err(WeakPassword::Long));
        assert_eq!(check("a quiet lamp on a hill", "ann"), Ok(()));
        assert_eq!(check("пароль из слов", "ann"), Ok(()));
    }

    #[test]
    fn a_one_time_password_will_do_as_a_password() {
        let made = one_time(&Entropy::new(Clock::system()));
        assert_eq!(made.len(), 23);
        assert_eq!(check(&made, "admin"), Ok(()));
    }
}
