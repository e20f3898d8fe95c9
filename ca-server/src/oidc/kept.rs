//! What was read of an issuer, kept for a while.
//!
//! However many ask, one reads, and goes on reading when whoever asked has gone. A reading that fails, or that somebody
//! wanted and that brought nothing new, is not repeated at once: strangers decide what is asked for, and how often. When the
//! issuer is away the old serves on for a day, and is not believed any longer.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use ca_core::time::UnixTime;
use tokio::sync::Mutex;

use super::wire::ProviderError;
use crate::clock::Clock;

/// It is read again after so long.
const FRESH: Duration = Duration::from_secs(3_600);

/// It is not believed after so long without an answer: a key that was withdrawn meanwhile is in it.
const BELIEVED: Duration = Duration::from_secs(24 * 3_600);

/// Nobody reads again before so long. Each reading in vain doubles it.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest pause: a stranger who has us read in vain delays by no more that new keys are seen.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Something that an issuer says.
pub(super) struct Kept<T>(Arc<Inner<T>>);

/// What it said, and when.
pub(super) struct Reading<T> {
    pub(super) value: T,
    read_at: UnixTime,
}

struct Inner<T> {
    clock: Clock,
    /// For the log.
    who: String,
    last: ArcSwapOption<Reading<T>>,
    /// Whoever holds it reads.
    pause: Mutex<Pause>,
}

#[derive(Default)]
struct Pause {
    until: Option<UnixTime>,
    in_vain: u32,
    /// Why the last reading failed, if it did.
    fault: Option<String>,
}

impl<T: PartialEq + Send + Sync + 'static> Kept<T> {
    /// Nothing was read yet.
    pub(super) fn new(who: &str, clock: Clock) -> Self {
        Self(Arc::new(Inner { clock, who: who.to_owned(), last: ArcSwapOption::empty(), pause: Mutex::default() }))
    }

    /// What the issuer says, or said within the hour; when it is away, within the day.
    pub(super) async fn current(
        &self,
        read: impl Future<Output = Result<T, ProviderError>> + Send + 'static,
    ) -> Result<Arc<Reading<T>>, ProviderError> {
        match self.0.last.load_full() {
            Some(last) if self.0.age(&last) < FRESH => Ok(last),
            // Whom the old serves does not wait for whoever reads.
            Some(last) if self.0.age(&last) < BELIEVED && self.0.pause.try_lock().is_err() => Ok(last),
            _ => self.read(None, read).await,
        }
    }

    /// What it says now, because `old` did not do. It is `old` when a moment ago the issuer said nothing else.
    pub(super) async fn newer(
        &self,
        old: Arc<Reading<T>>,
        read: impl Future<Output = Result<T, ProviderError>> + Send + 'static,
    ) -> Result<Arc<Reading<T>>, ProviderError> {
        self.read(Some(old), read).await
    }

    /// Takes in what was read past all this, because an operator wanted to know.
    pub(super) fn put(&self, value: T) {
        self.0.last.store(Some(Arc::new(Reading { value, read_at: self.0.clock.now() })));
    }

    async fn read(
        &self,
        old: Option<Arc<Reading<T>>>,
        read: impl Future<Output = Result<T, ProviderError>> + Send + 'static,
    ) -> Result<Arc<Reading<T>>, ProviderError> {
        let inner = Arc::clone(&self.0);
        let reading = tokio::spawn(async move { inner.read(old, read).await });
        reading.await.unwrap_or_else(|_| Err(ProviderError::Resting("the reading broke off".to_owned())))
    }
}

impl<T: PartialEq> Inner<T> {
    async fn read(
        &self,
        old: Option<Arc<Reading<T>>>,
        read: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Arc<Reading<T>>, ProviderError> {
        let mut pause = self.pause.lock().await;
        let last = self.last.load_full();
        // Somebody else may have read while this one waited.
        let does = |last: &Arc<Reading<T>>| match &old {
            None => self.age(last) < FRESH,
            Some(old) => !Arc::ptr_eq(old, last),
        };
        if let Some(last) = last.as_ref().filter(|last| does(last)) {
            return Ok(Arc::clone(last));
        }
        if pause.until.is_some_and(|until| self.clock.now() < until) {
            return self.paused(&pause, last, old.is_some());
        }
        let result = read.await;
        let nothing_new =
            old.is_some() && last.as_ref().is_some_and(|last| result.as_ref().is_ok_and(|value| *value == last.value));
        pause.begin(self.clock.now(), nothing_new, result.as_ref().err());
        match result {
            Ok(value) => {
                let reading = Arc::new(Reading { value, read_at: self.clock.now() });
                self.last.store(Some(Arc::clone(&reading)));
                Ok(reading)
            }
            Err(error) => {
                tracing::warn!(provider = self.who, %error, "an identity provider cannot be read");
                last.filter(|last| old.is_none() && self.age(last) < BELIEVED).ok_or(error)
            }
        }
    }

    /// Without a reading: the old, for whom it may serve.
    fn paused(
        &self,
        pause: &Pause,
        last: Option<Arc<Reading<T>>>,
        newer: bool,
    ) -> Result<Arc<Reading<T>>, ProviderError> {
        match (&pause.fault, last) {
            (None, Some(last)) => Ok(last),
            (_, Some(last)) if !newer && self.age(&last) < BELIEVED => Ok(last),
            (fault, _) => Err(ProviderError::Resting(fault.clone().unwrap_or_default())),
        }
    }

    fn age(&self, reading: &Reading<T>) -> Duration {
        self.clock.now().since(reading.read_at)
    }
}

impl Pause {
    fn begin(&mut self, now: UnixTime, nothing_new: bool, fault: Option<&ProviderError>) {
        let in_vain = nothing_new || fault.is_some();
        let doubled = PAUSE.saturating_mul(1 << self.in_vain.min(16));
        self.until = Some(now.plus(if in_vain { doubled.min(LONGEST_PAUSE) } else { PAUSE }));
        self.in_vain = if in_vain { self.in_vain.saturating_add(1) } else { 0 };
        self.fault = fault.map(ToString::to_string);
    }
}

#[cfg(test)]
mod tests;
