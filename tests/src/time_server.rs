//! An SNTP server (RFC 4330) on this machine that is as wrong as a test wants it to be.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

/// Seconds from 1900 to 1970.
const EPOCH: i64 = 2_208_988_800;

/// The server. Its thread ends with the test's process.
pub struct TimeServer {
    address: SocketAddr,
    ahead: Arc<AtomicI64>,
}

impl TimeServer {
    /// Starts one that is right.
    ///
    /// # Errors
    /// If there is no port.
    pub fn start() -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let server = Self { address: socket.local_addr()?, ahead: Arc::default() };
        let ahead = Arc::clone(&server.ahead);
        std::thread::spawn(move || {
            let mut question = [0; 48];
            while let Ok((_, peer)) = socket.recv_from(&mut question) {
                // Whoever asked and went away is no reason to stop.
                let _ = socket.send_to(&answer(&question, ahead.load(Ordering::SeqCst)), peer);
            }
        });
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it is so many seconds ahead.
    pub fn be_ahead(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::SeqCst);
    }
}

/// Version 4, mode 4 (server), stratum 2.
fn answer(question: &[u8; 48], ahead: i64) -> [u8; 48] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(now.as_secs()).unwrap_or_default() + EPOCH + ahead;
    let seconds = u32::try_from(seconds & 0xffff_ffff).unwrap_or_default();
    let fraction = u32::try_from((u64::from(now.subsec_nanos()) << 32) / 1_000_000_000).unwrap_or_default();
    let mut packet = [0; 48];
    packet[..4].copy_from_slice(&[0x24, 2, 6, 0xec]);
    packet[24..32].copy_from_slice(&question[40..48]);
    for place in [32, 40] {
        packet[place..place + 4].copy_from_slice(&seconds.to_be_bytes());
        packet[place + 4..place + 8].copy_from_slice(&fraction.to_be_bytes());
    }
    packet
}
