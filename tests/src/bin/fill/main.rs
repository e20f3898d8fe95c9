//! Fills the database of an installation with as many certificates as a large one has after years: names, renewals,
//! accounts, orders, revocations, counts and audit events that belong together. It writes to the database itself, in bulk,
//! because issuing a million would take an hour; what the pages show is as if they had been issued.
//!
//! Make the installation first (`signet init`), and do not serve it meanwhile.

#![expect(clippy::disallowed_methods, reason = "a generator of data reads the clock")]

mod account;
mod audit;
mod certificate;
mod database;
mod order;
mod plan;
mod rows;
mod template;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use clap::Parser;
use signet_tests::environment;

use crate::database::{Dialect, Sink, Url};
use crate::plan::Plan;
use crate::template::Template;

/// Fills the database of an installation with certificates.
#[derive(Debug, Parser)]
#[command(name = "fill")]
struct Options {
    /// Configuration of the installation, which nobody serves meanwhile
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// How many certificates
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    certificates: u64,
    /// The signet that made it [default: target/release/signet]
    #[arg(long, value_name = "FILE", default_value = "target/release/signet")]
    binary: PathBuf,
}

/// Certificates that are written in one transaction.
const BATCH: u64 = 5_000;

fn main() -> Result<()> {
    let options = Options::parse();
    environment::choose_signet(options.binary.canonicalize().context("the binary: build it first")?);
    let (began, now) = (Instant::now(), i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?);
    let url = Url::of(&options.config)?;
    template::issue_one(&options.config)?;
    let mut sink = url.open()?;
    let template = Template::read(&mut sink)?;
    let plan = Plan::new(options.certificates, now);
    // One thread signs, one writes.
    let (sender, receiver) = sync_channel(2);
    let (dialect, signing) = (sink.dialect(), plan.clone());
    let signer = thread::spawn(move || -> Result<()> {
        let mut maker = certificate::Maker::new(signing, template, dialect)?;
        for batch in maker.batches(BATCH) {
            if sender.send(batch?).is_err() {
                break;
            }
        }
        Ok(())
    });
    write(&mut sink, receiver, plan.certificates)?;
    signer.join().map_err(|_| anyhow::anyhow!("the signing thread ended in its midst"))??;
    sink.finish()?;
    report(&format!("{} certificates in {} s", plan.certificates, began.elapsed().as_secs()));
    Ok(())
}

fn write(sink: &mut Sink, batches: Receiver<Vec<String>>, certificates: u64) -> Result<()> {
    let mut written = 0;
    for statements in batches {
        sink.transaction(&statements)?;
        written += BATCH;
        if written % 100_000 == 0 {
            report(&format!("{written} of {certificates}"));
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a program of the command line")]
fn report(line: &str) {
    eprintln!("{line}");
}

/// Lower-case hexadecimal digits, of gigabytes in all.
fn hexadecimal(octets: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        text.push(char::from(DIGITS[usize::from(octet >> 4)]));
        text.push(char::from(DIGITS[usize::from(octet & 15)]));
    }
    text
}

/// SHA-256.
fn sha256(octets: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets).as_ref());
    hash
}

impl Dialect {
    /// A literal of octets.
    fn octets(self, octets: &[u8]) -> String {
        match self {
            Self::Sqlite => format!("x'{}'", hexadecimal(octets)),
            Self::Postgres => format!("'\\x{}'", hexadecimal(octets)),
        }
    }
}
