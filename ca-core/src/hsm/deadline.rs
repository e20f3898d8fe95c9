//! Time limits of calls, on the monotonic clock.

use std::time::{Duration, Instant};

use super::{Failure, clock};

/// A moment after which nobody waits for an answer any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    started: Instant,
    limit: Duration,
}

impl Deadline {
    /// `limit` from now.
    pub(crate) fn after(limit: Duration) -> Self {
        Self { started: clock::now(), limit }
    }

    /// What is left; zero when it has passed.
    pub(crate) fn remaining(&self) -> Duration {
        self.limit.saturating_sub(self.started.elapsed())
    }

    pub(crate) fn has_passed(&self) -> bool {
        self.remaining().is_zero()
    }

    /// What the caller hears when it has passed.
    pub(crate) fn failure(&self) -> Failure {
        Failure::TimeLimit { limit: self.limit }
    }
}
