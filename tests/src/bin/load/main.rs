//! Measures a built `signet`: whole ACME orders by http-01, from one account a worker, each for one new name and one new
//! P-256 key. What it reports stands beside what the machine can do at all, measured in the same minute.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

mod acme;
mod options;
mod report;
mod responder;
mod round;
mod syncs;
mod target;

use anyhow::Result;
use clap::Parser as _;
use signet_tests::machine::Machine;

use crate::options::Options;
use crate::report::Report;
use crate::target::Target;

fn main() -> Result<()> {
    let options = Options::parse();
    // One thread: the generator leaves the other core to the server.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&options))
}

async fn measure(options: &Options) -> Result<()> {
    let before = Machine::measure(&options.folder())?;
    let target = Target::start(options)?;
    let mut report = Report::new(&target);
    for &workers in &options.workers {
        report.add(round::run(&target, options, workers).await?);
    }
    if let Some(certificates) = options.fill {
        report.add(round::fill(&target, options, certificates).await?);
    }
    drop(target);
    if !options.no_syncs {
        for &workers in &options.workers {
            report.add_syncs(workers, syncs::per_certificate(options, workers).await?);
        }
    }
    report.print(&before, &Machine::measure(&options.folder())?);
    Ok(())
}
