//! How often a lost token is tried again: at once, then ever more rarely, and every call in between is answered at once.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::{Failure, clock};

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// What is known of the last loss.
#[derive(Default)]
pub(super) struct BackOff(Mutex<Option<Loss>>);

struct Loss {
    failure: Failure,
    until: Instant,
    pause: Duration,
}

impl BackOff {
    fn lock(&self) -> MutexGuard<'_, Option<Loss>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers with the last failure while it is too early to try again.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match &*self.lock() {
            Some(loss) if clock::now() < loss.until => Err(loss.failure.clone()),
            _ => Ok(()),
        }
    }

    /// A trial failed. Calls that fail during one pause count as one.
    pub(super) fn failed(&self, failure: &Failure) {
        let mut loss = self.lock();
        let now = clock::now();
        let pause = match &*loss {
            Some(known) if now < known.until => return,
            Some(known) => (known.pause * 2).min(LONGEST),
            None => FIRST,
        };
        *loss = Some(Loss { failure: failure.clone(), until: now + pause, pause });
    }

    /// A call succeeded.
    pub(super) fn recovered(&self) {
        *self.lock() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_end_with_success() {
        let back_off = BackOff::default();
        assert!(back_off.check().is_ok());
        let away = Failure::Away { what: "lost".to_owned(), advice: "" };
        back_off.failed(&away);
        assert!(back_off.check().is_err());
        for _ in 0..12 {
            back_off.failed(&away);
            if let Some(loss) = &mut *back_off.lock() {
                loss.until = clock::now();
            }
            assert!(back_off.check().is_ok());
            back_off.failed(&away);
        }
        assert_eq!(back_off.lock().as_ref().map(|loss| loss.pause), Some(LONGEST));
        back_off.recovered();
        assert!(back_off.check().is_ok());
    }
}
