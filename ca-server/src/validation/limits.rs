//! How long each step of a probe may take.

use std::time::Duration;

/// Time limits of one probe; a step never outlives the whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The whole probe, once it is its turn: clients poll every few seconds, and a slow host must not hold a place for long.
    pub(super) total: Duration,
    /// One question to one DNS server.
    pub(super) question: Duration,
    /// All questions about one name.
    pub(super) resolution: Duration,
    /// One connection attempt: an address that does not answer must leave time for the next.
    pub(super) connect: Duration,
    /// A TLS handshake, the head of an HTTP answer, and its body, each.
    pub(super) exchange: Duration,
}

impl Limits {
    pub(super) const STANDARD: Self = Self {
        total: Duration::from_secs(10),
        question: Duration::from_secs(2),
        resolution: Duration::from_secs(6),
        connect: Duration::from_secs(3),
        exchange: Duration::from_secs(5),
    };
}
