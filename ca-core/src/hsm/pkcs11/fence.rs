//! Lets many calls into a module at once, or one that takes the module down and up again; nobody waits for ever.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::super::deadline::Deadline;

/// Guards a value that calls copy when they enter and that only a lone entrant replaces.
pub(super) struct Fence<T> {
    inner: Mutex<Inner<T>>,
    changed: Condvar,
    /// How many calls may be inside at one time.
    most: usize,
}

struct Inner<T> {
    value: T,
    inside: usize,
    /// Somebody is alone inside, or waits until everybody has left.
    closed: bool,
}

/// The time limit passed before the fence opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotInTime;

/// One call inside. Leaving is dropping it.
pub(super) struct Inside<'a, T> {
    fence: &'a Fence<T>,
    /// The value as it was on entering; it stays so while this is held.
    pub(super) value: T,
}

impl<T: Clone> Fence<T> {
    pub(super) fn new(value: T, most: usize) -> Self {
        Self { inner: Mutex::new(Inner { value, inside: 0, closed: false }), changed: Condvar::new(), most }
    }

    /// Enters beside other calls.
    pub(super) fn enter(&self, deadline: Deadline) -> Result<Inside<'_, T>, NotInTime> {
        let mut inner = self.wait_while(deadline, |inner| inner.closed || inner.inside >= self.most)?;
        inner.inside += 1;
        Ok(Inside { fence: self, value: inner.value.clone() })
    }

    /// Enters unless the fence is closed, even if that is one too many; never waits.
    pub(super) fn try_enter(&self) -> Option<Inside<'_, T>> {
        let mut inner = self.lock();
        if inner.closed {
            return None;
        }
        inner.inside += 1;
        Some(Inside { fence: self, value: inner.value.clone() })
    }

    /// Runs `change` with nobody inside. Calls that come meanwhile wait outside.
    pub(super) fn alone<R>(&self, deadline: Deadline, change: impl FnOnce(&mut T) -> R) -> Result<R, NotInTime> {
        self.wait_while(deadline, |inner| inner.closed)?.closed = true;
        let reopen = Reopen(self);
        let mut value = self.wait_while(deadline, |inner| inner.inside > 0)?.value.clone();
        // Not under the mutex: initialising a module may take seconds, and `try_enter` must not wait for it.
        let result = change(&mut value);
        self.lock().value = value;
        drop(reopen);
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(
        &self,
        deadline: Deadline,
        condition: impl Fn(&Inner<T>) -> bool,
    ) -> Result<MutexGuard<'_, Inner<T>>, NotInTime> {
        let waited = self.changed.wait_timeout_while(self.lock(), deadline.remaining(), |inner| condition(inner));
        let (inner, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() && condition(&inner) { Err(NotInTime) } else { Ok(inner) }
    }
}

impl<T> Drop for Inside<'_, T> {
    fn drop(&mut self) {
        self.fence.inner.lock().unwrap_or_else(PoisonError::into_inner).inside -= 1;
        self.fence.changed.notify_all();
    }
}

/// Opens the fence again, also when taking the module down failed or panicked.
struct Reopen<'a, T>(&'a Fence<T>);

impl<T> Drop for Reopen<'_, T> {
    fn drop(&mut self) {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner).closed = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::thread;
    use std::time::Duration;

    use super::*;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_millis(50))
    }

    fn late() -> Deadline {
        Deadline::after(Duration::from_secs(20))
    }

    #[test]
    fn calls_share_and_a_change_is_alone() {
        let fence = Fence::new(1, 8);
        let (first, second) = (fence.enter(soon()).unwrap(), fence.enter(soon()).unwrap());
        assert_eq!((first.value, second.value), (1, 1));
        assert_eq!(fence.alone(soon(), |value| *value = 9), Err(NotInTime));
        drop((first, second));
        fence.alone(soon(), |value| *value = 2).unwrap();
        assert_eq!(fence.enter(soon()).unwrap().value, 2);
    }

    #[test]
    fn no_more_than_agreed_are_inside() {
        let fence = Fence::new(1, 1);
        let only = fence.enter(soon()).unwrap();
        assert!(fence.enter(soon()).is_err());
        drop(only);
        fence.enter(soon()).unwrap();
    }

    #[test]
    fn a_call_that_never_leaves_does_not_close_the_fence_for_good() {
        let fence = Fence::new((), 8);
        let stuck = fence.enter(soon()).unwrap();
        assert!(fence.alone(soon(), |()| ()).is_err());
        drop(fence.enter(soon()).unwrap());
        drop(stuck);
        fence.alone(soon(), |()| ()).unwrap();
    }

    #[test]
    fn who_comes_during_a_change_waits_for_it() {
        let fence = Fence::new(1, 8);
        thread::scope(|scope| {
            let (begun, has_begun) = std::sync::mpsc::channel();
            let fence = &fence;
            scope.spawn(move || {
                let change = |value: &mut i32| {
                    begun.send(()).unwrap();
                    thread::park_timeout(Duration::from_millis(100));
                    *value = 2;
                };
                fence.alone(late(), change).unwrap();
            });
            has_begun.recv().unwrap();
            assert!(fence.try_enter().is_none());
            assert_eq!(fence.enter(late()).unwrap().value, 2);
        });
    }

    #[test]
    fn a_panic_during_a_change_reopens_the_fence() {
        let fence = Fence::new(1, 8);
        let ended =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fence.alone(soon(), |_| panic!("of the test"))));
        assert!(ended.is_err());
        assert_eq!(fence.enter(soon()).unwrap().value, 1);
    }
}
