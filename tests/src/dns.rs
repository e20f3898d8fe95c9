//! An authoritative DNS server: every name below `test` and `internal` is this machine, and TXT records are files.
//!
//! A record lies in the zone's folder (`NAME.txt` with a value a line, `NAME.a` with an address or nothing), so that the
//! hooks of certbot and lego publish with `echo` and a test with a function.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::{A, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// How often a waiting thread looks whether it should end.
const TICK: Duration = Duration::from_millis(50);

/// A running server; it ends when dropped.
#[derive(Debug)]
pub struct DnsServer {
    address: SocketAddr,
    zone: PathBuf,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl DnsServer {
    /// Serves `zone` (created if missing) over UDP and TCP on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port can be had on both.
    pub fn start(zone: &Path) -> Result<Self> {
        std::fs::create_dir_all(zone)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, crate::ports::free()?));
        let (udp, tcp) = (UdpSocket::bind(address)?, TcpListener::bind(address)?);
        udp.set_read_timeout(Some(TICK))?;
        tcp.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let threads = vec![
            std::thread::spawn({
                let (zone, stop) = (zone.to_owned(), Arc::clone(&stop));
                move || serve_udp(&udp, &zone, &stop)
            }),
            std::thread::spawn({
                let (zone, stop) = (zone.to_owned(), Arc::clone(&stop));
                move || serve_tcp(&tcp, &zone, &stop)
            }),
        ];
        Ok(Self { address, zone: zone.to_owned(), stop, threads })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The folder of records.
    pub fn zone(&self) -> &Path {
        &self.zone
    }

    /// Publishes TXT values for a name, in place of those it had.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn publish_txt(&self, name: &str, values: &[&str]) -> Result<()> {
        std::fs::write(self.zone.join(format!("{name}.txt")), values.join("\n")).context("publishing TXT")
    }

    /// Gives a name another address than 127.0.0.1; with none, the name does not exist.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn set_address(&self, name: &str, address: Option<Ipv4Addr>) -> Result<()> {
        let text = address.map(|a| a.to_string()).unwrap_or_default();
        std::fs::write(self.zone.join(format!("{name}.a")), text).context("publishing an address")
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

fn serve_udp(socket: &UdpSocket, zone: &Path, stop: &AtomicBool) {
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, peer)) = socket.recv_from(&mut buffer) else { continue };
        if let Some(answer) = answer(&buffer[..length], zone) {
            // A peer that went away is not the server's concern.
            let _ = socket.send_to(&answer, peer);
        }
    }
}

fn serve_tcp(listener: &TcpListener, zone: &Path, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((stream, _)) => drop(serve_connection(stream, zone)),
            Err(_) => std::thread::sleep(TICK),
        }
    }
}

/// RFC 1035 §4.2.2: messages over TCP are prefixed with their length.
fn serve_connection(mut stream: TcpStream, zone: &Path) -> std::io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut length = [0; 2];
    while stream.read_exact(&mut length).is_ok() {
        let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut query)?;
        let Some(answer) = answer(&query, zone) else { break };
        let size = u16::try_from(answer.len()).unwrap_or(u16::MAX);
        stream.write_all(&[&size.to_be_bytes()[..], &answer].concat())?;
    }
    Ok(())
}

fn answer(query: &[u8], zone: &Path) -> Option<Vec<u8>> {
    let query = Message::from_vec(query).ok()?;
    let mut response = Message::response(query.metadata.id, query.metadata.op_code);
    response.metadata.authoritative = true;
    response.metadata.recursion_desired = query.metadata.recursion_desired;
    response.metadata.recursion_available = true;
    response.queries.clone_from(&query.queries);
    response.edns.clone_from(&query.edns);
    let question = query.queries.first()?;
    match records(question.name(), question.query_type(), zone) {
        Some(records) => response.answers = records,
        None => response.metadata.response_code = ResponseCode::NXDomain,
    }
    response.to_vec().ok()
}

/// The records of a name, or nothing if the name does not exist.
fn records(name: &Name, kind: RecordType, zone: &Path) -> Option<Vec<Record>> {
    let text = name.to_ascii().trim_end_matches('.').to_lowercase();
    let txt = std::fs::read_to_string(zone.join(format!("{text}.txt"))).ok();
    let address = match std::fs::read_to_string(zone.join(format!("{text}.a"))) {
        Ok(own) => own.trim().parse().ok(),
        Err(_) => {
            ["test", "internal"].iter().any(|top| text.ends_with(&format!(".{top}"))).then_some(Ipv4Addr::LOCALHOST)
        }
    };
    if txt.is_none() && address.is_none() {
        return None;
    }
    let data: Vec<RData> = match kind {
        RecordType::A => address.into_iter().map(|a| RData::A(A(a))).collect(),
        RecordType::TXT => {
            txt.iter().flat_map(|t| t.lines()).map(|line| RData::TXT(TXT::new(vec![line.to_owned()]))).collect()
        }
        _ => Vec::new(),
    };
    Some(data.into_iter().map(|data| Record::from_rdata(name.clone(), 0, data)).collect())
}
