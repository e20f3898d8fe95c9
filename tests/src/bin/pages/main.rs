//! Measures the pages of a served installation, one request after the other, as one person sees them: over HTTPS on
//! loopback, signed in. Fill the database with `fill` first.
//!
//! It fails when a page is larger than 100 KiB, or one in twenty takes longer than 100 ms.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

mod cases;
mod sample;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use signet_tests::environment;
use signet_tests::https::Https;
use signet_tests::server::Server;
use signet_tests::sign_in::signed_in_with;
use signet_tests::visitor::Visitor;

use crate::cases::Case;
use crate::sample::Sample;

/// Measures the pages of an installation.
#[derive(Debug, Parser)]
#[command(name = "pages")]
struct Options {
    /// Configuration of the installation
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The signet to measure [default: target/release/signet]
    #[arg(long, value_name = "FILE", default_value = "target/release/signet")]
    binary: PathBuf,
    /// Requests of each kind
    #[arg(long, value_name = "N", default_value_t = 40)]
    requests: usize,
    /// Only kinds whose name contains this
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
}

const LONGEST: Duration = Duration::from_millis(100);
const LARGEST: usize = 100 * 1024;

/// Roles that see everything.
const ROLES: [&str; 4] = ["security-officer", "key-custodian", "operator", "approver"];

fn main() -> Result<()> {
    let options = Options::parse();
    environment::choose_signet(options.binary.canonicalize().context("the binary: build it first")?);
    // One thread: the rest of the machine is the server's.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure(&options))
}

async fn measure(options: &Options) -> Result<()> {
    let server = Server::start(&options.config, &Vec::new())?;
    let base = format!("https://{}", server.listen());
    let root = options.config.with_file_name("root.pem");
    let name = format!("reader-{}", std::process::id());
    let mut reader = signed_in_with(&options.config, Https::trusting(&root)?, &base, &name, &ROLES).await?;
    let sample = Sample::take(&mut reader, &base).await?;
    let mut slow = Vec::new();
    say(&format!("{:<34}{:>9}{:>9}{:>9}{:>9}", "page", "p50 ms", "p95 ms", "max ms", "KiB"));
    for case in cases::all(&sample).into_iter().filter(|case| case.name.contains(&options.only)) {
        let row = Row::measure(&mut reader, &base, &case, options.requests).await?;
        say(&row.line(case.name));
        if row.is_over() {
            slow.push(case.name);
        }
    }
    ensure!(slow.is_empty(), "over 100 ms or 100 KiB: {}", slow.join(", "));
    Ok(())
}

/// What one kind of page took.
struct Row {
    took: Vec<Duration>,
    largest: usize,
}

impl Row {
    async fn measure(reader: &mut Visitor, base: &str, case: &Case, requests: usize) -> Result<Self> {
        let (mut took, mut largest) = (Vec::with_capacity(requests), 0);
        for place in case.places.iter().cycle().take(requests) {
            let url = format!("{base}{place}");
            let began = Instant::now();
            let answer = reader.get(&url).await?;
            took.push(began.elapsed());
            ensure!(answer.status == 200, "{url}: {} {}", answer.status, answer.text());
            largest = largest.max(answer.body.len());
        }
        took.sort();
        Ok(Self { took, largest })
    }

    /// The time in which so many of a hundred were answered.
    fn percentile(&self, percent: usize) -> Duration {
        let place = (self.took.len() * percent).div_ceil(100).saturating_sub(1);
        self.took.get(place).copied().unwrap_or_default()
    }

    fn is_over(&self) -> bool {
        self.percentile(95) > LONGEST || self.largest > LARGEST
    }

    fn line(&self, name: &str) -> String {
        let ms = |percent| self.percentile(percent).as_secs_f64() * 1000.0;
        let mark = if self.is_over() { "  <- over" } else { "" };
        let size = self.largest.div_ceil(1024);
        format!("{name:<34}{:>9.1}{:>9.1}{:>9.1}{size:>9}{mark}", ms(50), ms(95), ms(100))
    }
}

#[expect(clippy::print_stdout, reason = "a program of the command line")]
fn say(line: &str) {
    println!("{line}");
}
