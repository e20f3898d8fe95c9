//! The only source of randomness in the server.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use uuid::{Builder, Uuid};

use crate::clock::Clock;

/// Random bytes from aws-lc's generator, and identifiers made of them. Clones share the generator.
#[derive(Clone, Debug)]
pub struct Entropy {
    random: Arc<SystemRandom>,
    clock: Clock,
}

impl Entropy {
    /// Randomness of the operating system; `clock` dates the identifiers.
    pub fn new(clock: Clock) -> Self {
        Self { random: Arc::new(SystemRandom::new()), clock }
    }

    /// Fills `bytes`.
    #[expect(
        clippy::expect_used,
        reason = "aws-lc aborts when the kernel gives no randomness: there is no error to pass on"
    )]
    pub fn fill(&self, bytes: &mut [u8]) {
        self.random.fill(bytes).expect("randomness of the operating system");
    }

    /// `N` fresh bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A UUIDv7 whose text sorts by the microsecond it was made in.
    pub fn uuid(&self) -> Uuid {
        let micros = self.clock.now_micros().micros().max(0).unsigned_abs();
        let mut random: [u8; 10] = self.bytes();
        // RFC 9562 §6.2, method 3: the 12 bits after the milliseconds hold the fraction of the millisecond.
        let fraction = u16::try_from((micros % 1000) * 4096 / 1000).unwrap_or_default();
        random[..2].copy_from_slice(&fraction.to_be_bytes());
        Builder::from_unix_timestamp_millis(micros / 1000, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use ca_core::time::UnixTime;

    use super::*;

    #[test]
    fn identifiers_are_version_7_unique_and_sorted_by_microsecond() {
        let (clock, hand) = Clock::manual(UnixTime::from_seconds(1_700_000_000));
        let entropy = Entropy::new(clock);
        let ids: Vec<Uuid> = (0..2000)
            .map(|_| {
                hand.advance(Duration::from_micros(1));
                entropy.uuid()
            })
            .collect();
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert!(ids.is_sorted());
    }

    #[test]
    fn an_identifier_names_its_millisecond() {
        let (clock, _hand) = Clock::manual(UnixTime::from_seconds(1_700_000_000));
        let id = Entropy::new(clock).uuid();
        assert_eq!(id.get_timestamp().map(|t| t.to_unix().0), Some(1_700_000_000));
    }

    #[test]
    fn bytes_differ() {
        let entropy = Entropy::new(Clock::system());
        assert_ne!(entropy.bytes::<32>(), entropy.bytes::<32>());
    }
}
