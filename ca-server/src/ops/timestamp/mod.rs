//! Use cases of the time-stamping authority (RFC 3161): who asks, whether the clock can be believed, and the token.

pub mod answer;
pub mod diagnosis;
mod external;
mod obstacle;
mod signer;
pub mod stamp;
mod token;
mod turns;
pub mod watch;

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use arc_swap::ArcSwapOption;
use ca_core::x509::Certificate;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::sync::{Mutex, Semaphore};

use crate::clock_guard::ClockGuard;
use crate::config::TimestampSettings;
use crate::tsa_client::{TsaClient, TsaClientError};
use obstacle::Failure;
use signer::Ready;
use turns::{Turn, Turns};

/// What policies call the authority.
const NAME: &str = "tsa";

/// Who has its key, among the owners of keys that the server makes. No signing profile can have this name.
const KEY_OWNER: &str = "tsa:timestamp";

/// Requests of others that are answered at the same time; one more is refused at once.
const MOST_AT_ONCE: usize = 32;

/// What the server keeps in memory for timestamps.
pub struct Timestamps {
    /// Whether the clock can be believed.
    pub guard: ClockGuard,
    signer: ArcSwapOption<Ready>,
    /// Held while key and certificate are made; how that failed the last time, if it did.
    making: Mutex<Option<Failure>>,
    places: Semaphore,
    turns: Turns,
    shares: DefaultKeyedRateLimiter<IpAddr>,
    of_all: DefaultDirectRateLimiter,
    client: TsaClient,
}

impl Timestamps {
    /// Nothing stamped yet. `own_roots` are the trust anchors in PEM.
    ///
    /// # Errors
    /// [`TsaClientError`].
    pub fn new(settings: &TimestampSettings, own_roots: &str) -> Result<Self, TsaClientError> {
        Ok(Self {
            guard: ClockGuard::default(),
            signer: ArcSwapOption::empty(),
            making: Mutex::default(),
            places: Semaphore::new(MOST_AT_ONCE),
            turns: Turns::default(),
            shares: RateLimiter::keyed(quota(settings.requests_per_minute)),
            of_all: RateLimiter::direct(quota(settings.all_requests_per_minute)),
            client: TsaClient::new(settings, own_roots)?,
        })
    }

    /// Roots below which timestamps are believed: our own, and those of others that are configured.
    pub fn roots(&self) -> &[Certificate] {
        self.client.roots()
    }

    /// Whether a client address has had its share of this minute.
    fn has_share(&self, address: IpAddr) -> bool {
        self.shares.check_key(&client(address)).is_ok()
    }

    /// Whether all clients together have had theirs.
    fn have_room(&self) -> bool {
        self.of_all.check().is_ok()
    }

    /// A place among the requests of a client that are answered at the same time.
    fn turn(&self, address: IpAddr) -> Option<Turn<'_>> {
        self.turns.take(client(address))
    }

    /// Forgets clients that asked long ago.
    fn forget_idle(&self) {
        self.shares.retain_recent();
        self.shares.shrink_to_fit();
    }
}

/// Of its share of a minute, a client may have ten seconds' at once, which is [`answer::RETRY_AFTER`]; ten requests in any
/// case.
fn quota(a_minute: NonZeroU32) -> Quota {
    let at_once = NonZeroU32::new(a_minute.get() / 6).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(a_minute).allow_burst(at_once.max(TEN.min(a_minute)))
}

const TEN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

/// An IPv6 client has a whole /64 to ask from.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
        address => address,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_share_cannot_be_had_all_at_once() {
        for (a_minute, at_once) in [(1200, 200), (60, 10), (12, 10), (3, 3), (1, 1)] {
            let limit = RateLimiter::keyed(quota(NonZeroU32::new(a_minute).unwrap()));
            let had = (0..a_minute).take_while(|_| limit.check_key(&0).is_ok()).count();
            // On a slow machine some came back meanwhile.
            assert!((at_once..at_once + 20).contains(&had), "{a_minute}: {had}");
        }
    }
}
