//! Asks an SNTP server how far this machine's clock is off (RFC 4330, RFC 5905 §14).
//!
//! The answer is not authenticated: it can stop timestamps, never make one with another time than the clock's.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ca_core::time::UnixMicros;
use sntpc::{NtpContext, NtpTimestampGenerator, NtpUdpSocket};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::clock::Clock;

/// For the name and the answer.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// Why a server says nothing of use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SntpFault {
    /// The name has no address, or no socket could be had.
    #[error("{0}")]
    Network(#[from] std::io::Error),
    /// Nothing came back in time.
    #[error("no answer within {TIME_LIMIT:?}")]
    Silence,
    /// What came back is no answer, or the server knows itself that its clock is wrong.
    #[error("the answer cannot be used: {0}")]
    Answer(String),
}

/// What a server says of our clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measurement {
    /// Microseconds that have to be added to our clock to read the same as the server's.
    pub(crate) offset: i64,
    /// Microseconds that this may be wrong by: the way there and back, and what the server says of its own clock.
    pub(crate) uncertainty: u64,
}

/// Asks a server, which is a host with a port.
///
/// # Errors
/// [`SntpFault`].
pub(crate) async fn measure(clock: &Clock, server: &str) -> Result<Measurement, SntpFault> {
    match timeout(TIME_LIMIT, ask(clock, server)).await {
        Ok(answer) => answer,
        Err(_) => Err(SntpFault::Silence),
    }
}

async fn ask(clock: &Clock, server: &str) -> Result<Measurement, SntpFault> {
    let first = tokio::net::lookup_host(server).await?.next();
    let address = first.ok_or_else(|| std::io::Error::other("the name has no address"))?;
    let local: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    // A port of its own for each question, and answers from that address only: more than a guess is needed to forge one.
    let socket = UdpSocket::bind(local).await?;
    socket.connect(address).await?;
    let context = NtpContext::new(Reading { clock, now: clock.now_micros() });
    let answer = sntpc::get_time(address, &Datagrams { socket, address }, context).await;
    let answer = answer.map_err(|fault| SntpFault::Answer(format!("{fault:?}")))?;
    // RFC 5905 §11.2.1: the synchronization distance to the root.
    let uncertainty = answer.roundtrip / 2 + micros(answer.root_delay) / 2 + micros(answer.root_dispersion);
    Ok(Measurement { offset: answer.offset, uncertainty })
}

/// RFC 5905 §6, short format: 16 bits of seconds and 16 of fraction. The millionth that is begun counts.
fn micros(short: u32) -> u64 {
    (u64::from(short) * 1_000_000).div_ceil(1 << 16)
}

/// Our clock, for the packet.
#[derive(Clone, Copy)]
struct Reading<'a> {
    clock: &'a Clock,
    now: UnixMicros,
}

impl NtpTimestampGenerator for Reading<'_> {
    fn init(&mut self) {
        self.now = self.clock.now_micros();
    }

    fn timestamp_sec(&self) -> u64 {
        self.now.micros().div_euclid(1_000_000).max(0).unsigned_abs()
    }

    fn timestamp_subsec_micros(&self) -> u32 {
        u32::try_from(self.now.micros().rem_euclid(1_000_000)).unwrap_or_default()
    }
}

/// A connected socket.
struct Datagrams {
    socket: UdpSocket,
    address: SocketAddr,
}

impl NtpUdpSocket for Datagrams {
    async fn send_to(&self, octets: &[u8], _: SocketAddr) -> sntpc::Result<usize> {
        self.socket.send(octets).await.map_err(|_| sntpc::Error::Network)
    }

    async fn recv_from(&self, octets: &mut [u8]) -> sntpc::Result<(usize, SocketAddr)> {
        let length = self.socket.recv(octets).await.map_err(|_| sntpc::Error::Network)?;
        Ok((length, self.address))
    }
}
