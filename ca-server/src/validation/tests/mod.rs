//! Probes against real sockets on loopback: a DNS server, an HTTP server and a TLS server of our own.

#![expect(clippy::unwrap_used, reason = "tests")]

mod concurrency;
mod dns_probe;
mod dns_server;
mod http_probe;
mod http_server;
mod judged;
mod tls_probe;
mod tls_server;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ca_core::acme::Identifier;
use ca_core::acme::challenge::{Outcome, Probe, ProbeFailure};
use ca_core::time::UnixTime;

use super::limits::Limits;
use super::{NetworkGuard, Validator};
use crate::clock::Clock;
use crate::config::{CaaChecking, ValidationSettings};
use dns_server::DnsServer;

/// Short enough that a test of a slow peer is quick, long enough for a loaded machine.
const LIMITS: Limits = Limits {
    total: Duration::from_secs(4),
    question: Duration::from_millis(300),
    resolution: Duration::from_secs(1),
    connect: Duration::from_secs(1),
    exchange: Duration::from_secs(1),
};

const THIS_MACHINE: &[&str] = &["127.0.0.0/8", "::1/128"];

/// A validator that reaches `allow` (`None`: the default) on `port` for both challenges, and asks `dns`.
fn validator(dns: Option<&DnsServer>, port: u16, allow: Option<&[&str]>) -> Validator {
    let settings = ValidationSettings {
        resolvers: dns.map(|dns| dns.address).into_iter().collect(),
        http_port: port,
        tls_alpn_port: port,
        allow: allow.map(|networks| networks.iter().map(|network| network.parse().unwrap()).collect()),
        deny: Vec::new(),
        caa: CaaChecking::Off,
    };
    let (clock, _) = Clock::manual(UnixTime::from_seconds(0));
    Validator::with_limits(&settings, clock, LIMITS).unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn dns(name: &str) -> Identifier {
    Identifier::Dns(name.to_owned())
}

fn http(host: Identifier) -> Probe {
    Probe::HttpGet { host, path: "/.well-known/acme-challenge/token".to_owned() }
}

/// The failure, and the address or port that the account would be told.
#[track_caller]
fn failed(outcome: &Outcome) -> (ProbeFailure, Option<SocketAddr>) {
    match outcome {
        Outcome::Failed { failure, address, .. } => (*failure, *address),
        other => panic!("expected a failure, not {other:?}"),
    }
}
