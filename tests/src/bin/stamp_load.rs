//! Measures the timestamps of a built `signet`: requests per second over plain HTTP, beside the signatures per second that
//! one core makes with a key of the same type and nothing around it.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![expect(clippy::print_stdout, reason = "its whole purpose")]

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use signet_tests::deployment::{Deployment, Kind, Prepared};
use signet_tests::process_stat::ProcessStat;
use signet_tests::time_stamping::{QUERY, Stamping};
use signet_tests::{environment, machine, process};
use tokio::net::TcpSocket;
use tokio::task::LocalSet;
use toml::{Table, Value};

/// Measures timestamps per second. Build it first: cargo build --release.
#[derive(Debug, Parser)]
#[command(name = "stamp_load")]
struct Options {
    /// The signet to measure
    #[arg(long, value_name = "FILE", default_value = "target/release/signet")]
    binary: PathBuf,
    /// Rows in PostgreSQL and the key on a SoftHSM2 token; needs the environment of tests/run
    #[arg(long)]
    postgres: bool,
    /// Connections that ask at the same time, a round for each number
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,8,32")]
    workers: Vec<usize>,
    /// Length of a round
    #[arg(long, value_name = "S", default_value_t = 8.0)]
    seconds: f64,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let binary = options.binary.canonicalize();
    environment::choose_signet(binary.with_context(|| format!("{}: build it first", options.binary.display()))?);
    let bare = machine::signatures()?;
    println!("{bare:>9.0} signatures/s: ECDSA P-256 in aws-lc on one core, nothing around it");
    let kind = if options.postgres { Kind::PostgresSofthsm2 } else { Kind::SqliteSoftware };
    let prepared = Prepared::new(kind, &[])?;
    prepared.configure(unlimited)?;
    let deployment = prepared.serve()?;
    // One thread: the generator leaves the other core to the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for &workers in &options.workers {
        let round = round(&deployment, workers, Duration::from_secs_f64(options.seconds));
        let before = ProcessStat::of(deployment.server.pid())?;
        let made = LocalSet::new().block_on(&runtime, round)?;
        let after = ProcessStat::of(deployment.server.pid())?;
        println!(
            "{:>9.0} timestamps/s with {workers} at a time on {kind:?}, {:.2} CPU s/1000, {} MiB resident",
            made / options.seconds,
            (after.cpu - before.cpu) * 1000.0 / made,
            after.resident / 1024
        );
    }
    let version = process::output(Command::new("uname").arg("-srm"))?;
    println!("on {}", version.trim());
    Ok(())
}

/// One client asks for more than a client may.
fn unlimited(config: &mut Table) -> Result<()> {
    let section = config.entry("timestamp").or_insert_with(|| Value::Table(Table::new()));
    let section = section.as_table_mut().context("[timestamp]")?;
    for key in ["requests_per_minute", "all_requests_per_minute"] {
        section.insert(key.to_owned(), 100_000_000.into());
    }
    Ok(())
}

async fn round(deployment: &Deployment, workers: usize, length: Duration) -> Result<f64> {
    let query = Rc::new(Stamping::of(b"what is stamped", &["-sha256", "-cert"])?.query()?);
    let address = deployment.server.status_listen();
    let (end, mut running) = (Instant::now() + length, Vec::new());
    for worker in 0..workers {
        // One address has eight answers at the same time.
        let client = Ipv4Addr::new(127, 0, 0, u8::try_from(1 + worker / 8)?);
        let query = Rc::clone(&query);
        running.push(tokio::task::spawn_local(async move { work(client, address, &query, end).await }));
    }
    let mut made = 0;
    for worker in running {
        made += worker.await??;
    }
    Ok(f64::from(made))
}

async fn work(client: Ipv4Addr, address: SocketAddr, query: &[u8], end: Instant) -> Result<u32> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((client, 0).into())?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn_local(connection);
    let mut made = 0;
    while Instant::now() < end {
        let body = Full::new(Bytes::copy_from_slice(query));
        let request = Request::post("/tsa").header("host", address.to_string()).header("content-type", QUERY);
        sender.ready().await?;
        let answer = sender.send_request(request.body(body)?).await?;
        let octets = answer.into_body().collect().await?.to_bytes();
        // A refusal is shorter than any token.
        ensure!(octets.len() > 500, "no token: {octets:?}");
        made += 1;
    }
    Ok(made)
}
