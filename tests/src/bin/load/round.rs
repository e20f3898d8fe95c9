//! One round: some workers, some seconds, what they got and what it cost the server.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use signet_tests::process_stat::ProcessStat;
use tokio::task::LocalSet;

use crate::acme::Client;
use crate::options::Options;
use crate::target::Target;

/// How often the bar moves and the end is looked for.
const TICK: Duration = Duration::from_millis(50);

/// What a round measured.
pub(crate) struct Round {
    pub(crate) workers: usize,
    pub(crate) certificates: u64,
    pub(crate) seconds: f64,
    /// Sorted, in milliseconds.
    pub(crate) latencies: Vec<f64>,
    /// CPU seconds of the server and of this generator.
    pub(crate) server_cpu: f64,
    pub(crate) client_cpu: f64,
    pub(crate) written: u64,
    /// Resident memory of the server at the end, in KiB.
    pub(crate) resident: u64,
    /// Peak resident memory of the server since its start, in KiB.
    pub(crate) peak_resident: u64,
    /// When the counting began and ended, since the epoch.
    pub(crate) window: (f64, f64),
    pub(crate) failures: Vec<String>,
}

/// What the workers of a round share.
#[derive(Default)]
struct Tally {
    counting: Cell<bool>,
    stop: Cell<bool>,
    certificates: Cell<u64>,
    latencies: RefCell<Vec<f64>>,
    failures: RefCell<Vec<String>>,
}

/// A round of the options' length.
pub(crate) async fn run(target: &Target, options: &Options, workers: usize) -> Result<Round> {
    let length = options.length();
    let end = move |elapsed: Duration, _: u64| elapsed.as_secs_f64() / length.as_secs_f64();
    measure(target, options.warm_up(), workers, end).await
}

/// A round of 32 workers that ends after so many certificates.
pub(crate) async fn fill(target: &Target, options: &Options, certificates: u64) -> Result<Round> {
    let end = move |_: Duration, issued: u64| issued as f64 / certificates as f64;
    measure(target, options.warm_up(), 32, end).await
}

async fn measure(
    target: &Target,
    warm_up: Duration,
    workers: usize,
    done: impl Fn(Duration, u64) -> f64,
) -> Result<Round> {
    let mut clients = Vec::new();
    for _ in 0..workers {
        clients.push(Client::register(&target.directory()?, &target.root(), &target.responder).await?);
    }
    let tally = Rc::new(Tally::default());
    let local = LocalSet::new();
    let running: Vec<_> =
        clients.into_iter().map(|client| local.spawn_local(work(client, Rc::clone(&tally)))).collect();
    let round = local.run_until(observe(target.pid, warm_up, workers, &tally, done)).await?;
    tally.stop.set(true);
    local
        .run_until(async {
            for worker in running {
                drop(worker.await)
            }
        })
        .await;
    Ok(round)
}

async fn work(mut client: Client, tally: Rc<Tally>) {
    while !tally.stop.get() {
        let start = Instant::now();
        match client.obtain().await {
            Ok(()) if tally.counting.get() => {
                tally.certificates.set(tally.certificates.get() + 1);
                tally.latencies.borrow_mut().push(start.elapsed().as_secs_f64() * 1000.0);
            }
            Ok(()) => {}
            Err(failure) => {
                tally.failures.borrow_mut().push(format!("{failure:#}"));
                tokio::time::sleep(TICK).await;
            }
        }
    }
}

async fn observe(
    pid: u32,
    warm_up: Duration,
    workers: usize,
    tally: &Tally,
    done: impl Fn(Duration, u64) -> f64,
) -> Result<Round> {
    tokio::time::sleep(warm_up).await;
    let bar = progress_bar(workers)?;
    let (server, client) = (ProcessStat::of(pid)?, ProcessStat::of(std::process::id())?);
    let (start, began) = (Instant::now(), epoch()?);
    tally.counting.set(true);
    loop {
        tokio::time::sleep(TICK).await;
        let part = done(start.elapsed(), tally.certificates.get());
        bar.set_position((part * 1000.0) as u64);
        bar.set_message(format!("{} certificates", tally.certificates.get()));
        if part >= 1.0 {
            break;
        }
    }
    tally.counting.set(false);
    let seconds = start.elapsed().as_secs_f64();
    let (server_after, client_after) = (ProcessStat::of(pid)?, ProcessStat::of(std::process::id())?);
    bar.finish_and_clear();
    let mut latencies = tally.latencies.take();
    latencies.sort_by(f64::total_cmp);
    Ok(Round {
        workers,
        certificates: tally.certificates.get(),
        seconds,
        latencies,
        server_cpu: server_after.cpu - server.cpu,
        client_cpu: client_after.cpu - client.cpu,
        written: server_after.written - server.written,
        resident: server_after.resident,
        peak_resident: server_after.peak_resident,
        window: (began, epoch()?),
        failures: tally.failures.take(),
    })
}

fn progress_bar(workers: usize) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{prefix:>12} [{bar:40}] {msg}")?.progress_chars("=> ");
    Ok(ProgressBar::new(1000).with_style(style).with_prefix(format!("{workers} workers")))
}

fn epoch() -> Result<f64> {
    Ok(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("a clock after 1970")?.as_secs_f64())
}

impl Round {
    /// The latency below which this part of the orders stayed, in milliseconds.
    pub(crate) fn percentile(&self, part: f64) -> f64 {
        let index = (self.latencies.len() as f64 * part).ceil() as usize;
        self.latencies.get(index.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }

    /// A cost of the whole round, for one certificate.
    pub(crate) fn per_certificate(&self, cost: f64) -> f64 {
        cost / self.certificates as f64
    }
}
