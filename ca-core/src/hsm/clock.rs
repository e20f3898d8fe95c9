//! The HSM layer's door to the monotonic clock: calls into an HSM have deadlines in real time.

use std::time::Instant;

/// This moment.
#[expect(clippy::disallowed_methods, reason = "a call into an HSM has a deadline in real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
