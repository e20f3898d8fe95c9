//! The table.

use signet_tests::machine::Machine;

use crate::round::Round;
use crate::target::Target;

/// Everything measured so far.
pub(crate) struct Report {
    target: String,
    rounds: Vec<Round>,
    syncs: Vec<(usize, f64)>,
}

const HEAD: [&str; 12] = [
    "workers",
    "certs",
    "certs/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "server CPU s/1000",
    "client CPU s/1000",
    "syncs/cert",
    "KiB/cert",
    "resident MiB",
    "peak MiB",
];

impl Report {
    pub(crate) fn new(target: &Target) -> Self {
        Self { target: target.description.clone(), rounds: Vec::new(), syncs: Vec::new() }
    }

    pub(crate) fn add(&mut self, round: Round) {
        self.rounds.push(round);
    }

    pub(crate) fn add_syncs(&mut self, workers: usize, per_certificate: f64) {
        self.syncs.push((workers, per_certificate));
    }

    #[expect(clippy::print_stdout, reason = "the table is the program's result")]
    pub(crate) fn print(&self, before: &Machine, after: &Machine) {
        println!("{}\n", self.target);
        println!("| {} |\n|{}", HEAD.join(" | "), " --- |".repeat(HEAD.len()));
        for round in &self.rounds {
            println!("| {} |", self.cells(round).join(" | "));
        }
        println!("\nthis machine, one thread, before and after:");
        println!("  P-256 signatures/s  {:8.0}  {:8.0}", before.signatures, after.signatures);
        println!("  8 KiB fdatasync/s   {:8.0}  {:8.0}", before.flushes, after.flushes);
        for round in self.rounds.iter().filter(|round| !round.failures.is_empty()) {
            let (count, first) = (round.failures.len(), round.failures.first().map_or("", String::as_str));
            println!("{count} orders failed with {} workers, the first: {first}", round.workers);
        }
    }

    fn cells(&self, round: &Round) -> [String; 12] {
        let syncs =
            self.syncs.iter().find(|(workers, _)| *workers == round.workers).map(|(_, syncs)| format!("{syncs:.2}"));
        [
            round.workers.to_string(),
            round.certificates.to_string(),
            format!("{:.1}", round.certificates as f64 / round.seconds),
            format!("{:.1}", round.percentile(0.50)),
            format!("{:.1}", round.percentile(0.95)),
            format!("{:.1}", round.percentile(0.99)),
            format!("{:.2}", round.per_certificate(round.server_cpu) * 1000.0),
            format!("{:.2}", round.per_certificate(round.client_cpu) * 1000.0),
            syncs.unwrap_or_else(|| "-".to_owned()),
            format!("{:.1}", round.per_certificate(round.written as f64) / 1024.0),
            format!("{:.0}", round.resident as f64 / 1024.0),
            format!("{:.0}", round.peak_resident as f64 / 1024.0),
        ]
    }
}
