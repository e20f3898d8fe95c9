//! How often the server asks the disk to flush, counted by `strace` in a pass of its own: tracing costs time.

use anyhow::{Context, Result, ensure};

use crate::options::Options;
use crate::round;
use crate::target::Target;

/// Flushes per certificate with so many workers.
pub(crate) async fn per_certificate(options: &Options, workers: usize) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace");
    let target = Target::start_traced(options, &trace)?;
    let round = round::run(&target, options, workers).await?;
    drop(target);
    let text = std::fs::read_to_string(&trace).context("strace wrote nothing")?;
    ensure!(round.certificates > 0, "no certificate under strace: {:?}", round.failures.first());
    Ok(count(&text, round.window) as f64 / round.certificates as f64)
}

/// Lines are `PID SECONDS CALL(...`; a call that was interrupted by another thread's line appears again as resumed.
fn count(trace: &str, (from, to): (f64, f64)) -> usize {
    let within = |line: &&str| {
        let time = line.split_whitespace().nth(1).and_then(|word| word.parse::<f64>().ok());
        time.is_some_and(|time| (from..=to).contains(&time)) && !line.contains("resumed>")
    };
    trace.lines().filter(within).count()
}

#[test]
fn calls_are_counted_once_and_in_their_window() {
    let trace = "7 10.5 fdatasync(9) = 0\n7 11.0 fsync(9 <unfinished ...>\n8 11.1 fdatasync(3) = 0\n\
                 7 11.2 <... fsync resumed>) = 0\n7 19.0 fsync(9) = 0\n";
    assert_eq!(count(trace, (10.9, 12.0)), 2);
}
