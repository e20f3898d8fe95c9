//! An SNTP server that says what the test wants: our clock's time, and so much more or less.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

use tokio::net::UdpSocket;

use crate::clock::Clock;

/// Seconds from 1900 to 1970 (RFC 5905 §6).
const EPOCH: i64 = 2_208_988_800;

/// One server. It answers once it has a clock.
pub(super) struct TimeServer {
    socket: std::net::UdpSocket,
    /// Microseconds that it is ahead of our clock.
    pub(super) ahead: Arc<AtomicI64>,
    /// Root delay and root dispersion that it admits, in the short format of RFC 5905.
    pub(super) distance: Arc<[AtomicU32; 2]>,
    /// Whether it says nothing.
    pub(super) silent: Arc<AtomicBool>,
    /// Whether it says nothing of use, which takes less time.
    pub(super) terse: Arc<AtomicBool>,
}

impl TimeServer {
    pub(super) fn new() -> Self {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let (ahead, distance) = (Arc::default(), Arc::default());
        Self { socket, ahead, distance, silent: Arc::default(), terse: Arc::default() }
    }

    pub(super) fn address(&self) -> String {
        self.socket.local_addr().unwrap().to_string()
    }

    /// Answers from now on, until the test ends.
    pub(super) fn start(&self, clock: &Clock) {
        let socket = UdpSocket::from_std(self.socket.try_clone().unwrap()).unwrap();
        let (clock, ahead, silent) = (clock.clone(), Arc::clone(&self.ahead), Arc::clone(&self.silent));
        let (distance, terse) = (Arc::clone(&self.distance), Arc::clone(&self.terse));
        tokio::spawn(async move {
            let mut question = [0; 48];
            while let Ok((_, peer)) = socket.recv_from(&mut question).await {
                if terse.load(Ordering::SeqCst) {
                    socket.send_to(&[], peer).await.unwrap();
                } else if !silent.load(Ordering::SeqCst) {
                    let time = clock.now_micros().micros() + ahead.load(Ordering::SeqCst);
                    let distance = distance.each_ref().map(|part| part.load(Ordering::SeqCst));
                    socket.send_to(&answer(&question, time, distance), peer).await.unwrap();
                }
            }
        });
    }
}

/// RFC 5905 §7.3: version 4, mode 4 (server), stratum 2; received and sent at `micros`.
fn answer(question: &[u8; 48], micros: i64, distance: [u32; 2]) -> [u8; 48] {
    let mut packet = [0; 48];
    packet[..4].copy_from_slice(&[0x24, 2, 6, 0xec]);
    packet[4..8].copy_from_slice(&distance[0].to_be_bytes());
    packet[8..12].copy_from_slice(&distance[1].to_be_bytes());
    packet[24..32].copy_from_slice(&question[40..48]);
    let seconds = u64::try_from(micros.div_euclid(1_000_000) + EPOCH).unwrap() & 0xffff_ffff;
    let fraction = (u64::try_from(micros.rem_euclid(1_000_000)).unwrap() << 32) / 1_000_000;
    let time = (seconds << 32 | fraction).to_be_bytes();
    packet[32..40].copy_from_slice(&time);
    packet[40..48].copy_from_slice(&time);
    packet
}
