//! How many connections each client has at this moment, and no more than a limit.
//!
//! Without it one client, gone wild or hostile, takes every place of a listener and all others wait.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ca_core::time::UnixTime;

use crate::clock::Clock;

/// At most one log line in so long; the metric counts every refusal.
const QUIET: Duration = Duration::from_secs(60);

/// The clients of one listener.
pub(super) struct Peers {
    listener: &'static str,
    limit: u32,
    clock: Clock,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    connections: HashMap<IpAddr, u32>,
    refused: u64,
    told_at: Option<UnixTime>,
}

impl Peers {
    /// No clients yet; each may have `limit` connections. `listener` names the listener in metric and log.
    pub(super) fn new(listener: &'static str, limit: u32, clock: Clock) -> Arc<Self> {
        Arc::new(Self { listener, limit, clock, known: Mutex::default() })
    }

    /// A place for one more connection, given back when it is dropped; `None` if the client has its share.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let client = client(address);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let connections = known.connections.entry(client).or_default();
        if *connections < self.limit {
            *connections += 1;
            return Some(Place { peers: Arc::clone(self), client });
        }
        self.refuse(&mut known, client);
        None
    }

    fn refuse(&self, known: &mut Known, client: IpAddr) {
        metrics::counter!("signet_connections_refused_total", "listener" => self.listener).increment(1);
        known.refused += 1;
        let now = self.clock.now();
        if known.told_at.is_some_and(|told| now.since(told) < QUIET) {
            return;
        }
        let (listener, limit, refused) = (self.listener, self.limit, std::mem::take(&mut known.refused));
        tracing::warn!(listener, %client, limit, refused, "a client has too many connections; further ones are closed");
        known.told_at = Some(now);
    }

    fn leave(&self, client: IpAddr) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connections) = known.connections.get_mut(&client) {
            *connections -= 1;
            if *connections == 0 {
                known.connections.remove(&client);
            }
        }
    }
}

/// Who counts as one client. A host with IPv6 has a whole /64 to choose its address from (RFC 4291 §2.5.4, RFC 7934 §6).
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

/// One connection of a client.
pub(super) struct Place {
    peers: Arc<Peers>,
    client: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.peers.leave(self.client);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn peers(limit: u32) -> (Arc<Peers>, crate::clock::ClockHand) {
        let (clock, hand) = Clock::manual(UnixTime::from_seconds(1_700_000_000));
        (Peers::new("https", limit, clock), hand)
    }

    #[test]
    fn a_client_gets_its_share_and_no_more() {
        let (peers, _hand) = peers(2);
        let first = peers.admit(address("192.0.2.1")).unwrap();
        let _second = peers.admit(address("192.0.2.1")).unwrap();
        assert!(peers.admit(address("192.0.2.1")).is_none());
        assert!(peers.admit(address("::ffff:192.0.2.1")).is_none(), "the same address");
        assert!(peers.admit(address("192.0.2.2")).is_some(), "another client");
        drop(first);
        assert!(peers.admit(address("192.0.2.1")).is_some());
    }

    #[test]
    fn an_ipv6_client_is_its_network() {
        let (peers, _hand) = peers(1);
        let _place = peers.admit(address("2001:db8:0:1::1")).unwrap();
        assert!(peers.admit(address("2001:db8:0:1:ffff::2")).is_none());
        assert!(peers.admit(address("2001:db8:0:2::1")).is_some());
    }

    #[test]
    fn clients_that_left_are_forgotten() {
        let (peers, _hand) = peers(4);
        let places: Vec<_> = (0..4).map(|_| peers.admit(address("192.0.2.1")).unwrap()).collect();
        drop(places);
        assert!(peers.known.lock().unwrap().connections.is_empty());
    }

    #[test]
    fn every_refusal_is_counted_and_one_a_minute_is_told() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let (peers, hand) = peers(0);
        let untold = || peers.known.lock().unwrap().refused;
        metrics::with_local_recorder(&recorder, || {
            assert!(peers.admit(address("192.0.2.1")).is_none());
            assert_eq!(untold(), 0, "the first is told at once");
            for _ in 0..3 {
                assert!(peers.admit(address("192.0.2.1")).is_none());
            }
            assert_eq!(untold(), 3);
            hand.advance(QUIET);
            assert!(peers.admit(address("192.0.2.1")).is_none());
            assert_eq!(untold(), 0, "the line says how many there were since the last");
        });
        let text = recorder.handle().render();
        assert!(text.contains("signet_connections_refused_total{listener=\"https\"} 5"), "{text}");
    }
}
