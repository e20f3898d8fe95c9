//! Replay nonces (RFC 8555 §6.5): issuing one writes nothing, using one is recorded once.
//!
//! On SQLite the epoch is this process and the used set a window of bits in memory. On PostgreSQL epoch and used set are
//! in the database, so that replicas know of each other's.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock};

use ca_core::acme::Problem;
use ca_core::acme::nonce::{self, EPOCH_OCTETS, Epoch, NonceKey, ReplayNonce};
use ca_core::time::UnixTime;

use crate::app::App;
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::ops::OpError;
use crate::store::{self, Store};

/// Makes nonces and records their use.
pub struct Nonces {
    /// Absent until the HSM that opens the installation's secrets has answered.
    key: OnceLock<NonceKey>,
    counters: Counters,
    epoch: EpochSource,
}

/// Where the epoch and the used set are.
enum EpochSource {
    /// In this process, whose start is the epoch.
    Process(Epoch),
    /// In the database; the epoch last seen is used to make nonces.
    Database(RwLock<Epoch>),
}

impl Nonces {
    /// Nonces of a server that has its database to itself.
    pub fn of_process(key: NonceKey, entropy: &Entropy) -> Self {
        Self { key: OnceLock::from(key), counters: Counters::default(), epoch: EpochSource::Process(entropy.bytes()) }
    }

    /// Nonces of replicas that share a database and a key, see [`Nonces::unlock`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_database(store: &Store, clock: &Clock, entropy: &Entropy) -> Result<Self, OpError> {
        let epoch = RwLock::new(current_epoch(store, clock, entropy).await?);
        // Replicas start at random places, so that hardly ever two of them make the same nonce in the same second.
        let counters = Counters::starting_at(u64::from_be_bytes(entropy.bytes()) >> 1);
        Ok(Self { key: OnceLock::new(), counters, epoch: EpochSource::Database(epoch) })
    }

    /// Whether the key is still missing.
    pub fn is_locked(&self) -> bool {
        self.key.get().is_none()
    }

    /// Gives the key that the replicas share; a second one is ignored.
    pub fn unlock(&self, key: NonceKey) {
        let _ = self.key.set(key);
    }

    fn key(&self) -> Result<&NonceKey, OpError> {
        let locked = || Problem::unavailable("the HSM that opens this server's secrets");
        Ok(self.key.get().ok_or_else(locked)?)
    }

    /// A fresh nonce. Writes nothing.
    ///
    /// # Errors
    /// 503 while the key is missing.
    pub fn issue(&self, now: UnixTime) -> Result<String, OpError> {
        let sealed = nonce::seal(self.key()?, &self.epoch(), now, self.counters.next());
        sealed.map_err(|fault| OpError::Integrity(fault.to_string()))
    }

    /// Accepts a nonce once.
    ///
    /// # Errors
    /// `badNonce` when it is not ours, too old, of another epoch or used.
    pub async fn spend(&self, app: &App, text: &str) -> Result<(), OpError> {
        let now = app.clock.now();
        match &self.epoch {
            EpochSource::Process(epoch) => {
                let nonce = nonce::open(self.key()?, epoch, now, text)?;
                let fresh = self.counters.use_once(nonce.counter, now, now.minus(nonce::LIFETIME));
                fresh.then_some(()).ok_or_else(|| replayed().into())
            }
            EpochSource::Database(known) => self.spend_shared(app, known, text).await,
        }
    }

    async fn spend_shared(&self, app: &App, known: &RwLock<Epoch>, text: &str) -> Result<(), OpError> {
        let now = app.clock.now();
        let (epoch, nonce) = match nonce::open(self.key()?, &self.epoch(), now, text) {
            Ok(nonce) => (self.epoch(), nonce),
            // Another replica may have met a new epoch first; a nonce of the new one is good here too.
            Err(_) => {
                let epoch = self.refresh(app, known).await?;
                (epoch, nonce::open(self.key()?, &epoch, now, text)?)
            }
        };
        if spend(app, epoch, nonce).await? {
            return Ok(());
        }
        self.refresh(app, known).await?;
        Err(replayed().into())
    }

    /// The epoch may have ended with a crash of the database: the next nonce must be of the new one.
    async fn refresh(&self, app: &App, known: &RwLock<Epoch>) -> Result<Epoch, OpError> {
        let epoch = current_epoch(&app.store, &app.clock, &app.entropy).await?;
        *known.write().unwrap_or_else(PoisonError::into_inner) = epoch;
        Ok(epoch)
    }

    fn epoch(&self) -> Epoch {
        match &self.epoch {
            EpochSource::Process(epoch) => *epoch,
            EpochSource::Database(known) => *known.read().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

async fn spend(app: &App, epoch: Epoch, nonce: ReplayNonce) -> Result<bool, OpError> {
    let (id, expires_at) = (nonce.id(), nonce.expires_at());
    Ok(app.store.read(move |c| store::nonce::spend(c, &epoch, &id, expires_at)).await?)
}

async fn current_epoch(store: &Store, clock: &Clock, entropy: &Entropy) -> Result<Epoch, OpError> {
    let (candidate, now) = (entropy.bytes::<EPOCH_OCTETS>(), clock.now());
    let stored = store.write(move |c| store::nonce::epoch(c, &candidate, now)).await?;
    stored.try_into().map_err(|_| OpError::Integrity("nonce_epoch: not 16 octets".to_owned()))
}

fn replayed() -> Problem {
    Problem::bad_nonce("the nonce was used before, or the server has started anew since it was issued")
}

/// Which counters were used, one bit each, for nonces that are still young enough to be accepted.
#[derive(Debug, Default)]
pub struct UsedWindow {
    /// Counter of the first bit in `words`.
    start: u64,
    words: VecDeque<u64>,
    /// First counter issued at each remembered second, oldest first.
    marks: VecDeque<(UnixTime, u64)>,
}

impl UsedWindow {
    /// Remembers that counters from `first` on are issued at `now`, and forgets those issued before `horizon`.
    pub fn mark(&mut self, now: UnixTime, first: u64, horizon: UnixTime) {
        if self.marks.back().is_none_or(|(last, _)| *last < now) {
            self.marks.push_back((now, first));
        }
        // The second mark says where the nonces of the first mark's second end.
        while self.marks.get(1).is_some_and(|(end, _)| *end < horizon) {
            self.marks.pop_front();
        }
        let oldest = self.marks.front().map_or(first, |(_, counter)| *counter);
        while self.start + 64 <= oldest {
            self.words.pop_front();
            self.start += 64;
        }
    }

    /// Records the use of a counter; `false` if it was used before or lies before the window.
    pub fn use_once(&mut self, counter: u64) -> bool {
        let Some(offset) = counter.checked_sub(self.start) else { return false };
        let (word, bit) = (usize::try_from(offset / 64).unwrap_or(usize::MAX), offset % 64);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let Some(bits) = self.words.get_mut(word) else { return false };
        let fresh = *bits & (1 << bit) == 0;
        *bits |= 1 << bit;
        fresh
    }
}

/// Counters of nonces issued by this process, and the window of used ones.
#[derive(Debug, Default)]
pub struct Counters {
    next: AtomicU64,
    window: Mutex<UsedWindow>,
}

impl Counters {
    fn starting_at(first: u64) -> Self {
        Self { next: AtomicU64::new(first), window: Mutex::default() }
    }

    /// A counter that no other nonce of this epoch has.
    pub fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Records the use of a counter once. `horizon` is the issue time of the oldest nonce still accepted.
    pub fn use_once(&self, counter: u64, now: UnixTime, horizon: UnixTime) -> bool {
        let issued = self.next.load(Ordering::Relaxed);
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.mark(now, issued, horizon);
        // A counter that was never issued cannot be in a sealed nonce of ours; it would only grow the window.
        counter < issued && window.use_once(counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    #[test]
    fn a_counter_is_used_once() {
        let counters = Counters::default();
        let (first, second) = (counters.next(), counters.next());
        assert!(counters.use_once(second, at(10), at(0)));
        assert!(counters.use_once(first, at(10), at(0)));
        assert!(!counters.use_once(first, at(11), at(0)), "replayed");
        assert!(!counters.use_once(99, at(11), at(0)), "never issued");
    }

    #[test]
    fn the_window_forgets_what_is_too_old_and_refuses_it() {
        let counters = Counters::default();
        for _ in 0..1000 {
            counters.next();
        }
        assert!(counters.use_once(999, at(10), at(0)));
        for _ in 0..1000 {
            counters.next();
        }
        assert!(counters.use_once(1500, at(4000), at(400)));
        assert!(
            counters.use_once(1501, at(7000), at(3400)),
            "the second batch was issued by 4000: it may be young enough"
        );
        assert!(!counters.use_once(1502, at(8000), at(4400)), "and now it cannot be: forgotten, hence refused");
        assert!(!counters.use_once(3, at(8000), at(4400)), "its word is gone: refused, never accepted twice");
        let words = counters.window.lock().map(|window| window.words.len()).unwrap_or(usize::MAX);
        assert!(words < 32, "{words} words held");
    }
}
