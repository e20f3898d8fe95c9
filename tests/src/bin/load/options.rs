//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Measures a built signet under load: certificates per second, latency, server CPU, syncs, memory, bytes written.
///
/// Starts the server itself in a temporary folder with a fresh PKI. Build it first: cargo build --release.
#[derive(Debug, Parser)]
#[command(name = "load")]
pub(crate) struct Options {
    /// The signet to measure [default: target/release/signet]
    #[arg(long, value_name = "FILE", default_value = "target/release/signet")]
    pub(crate) binary: PathBuf,
    /// Folder on the disk to measure (a tmpfs costs no sync and shows the CPU) [default: the temporary folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where rows and keys are; postgres needs the environment of tests/run
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) store: Store,
    /// Keys of both CAs, as for signet init
    #[arg(long, value_name = "ALG", default_value = "ecdsa-p256")]
    pub(crate) key_algorithm: String,
    /// Workers, a round for each number
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,8,32")]
    pub(crate) workers: Vec<usize>,
    /// Length of a round
    #[arg(long, value_name = "S", default_value_t = 8.0)]
    seconds: f64,
    /// Time before a round that is not counted
    #[arg(long, value_name = "S", default_value_t = 1.5)]
    warm_up: f64,
    /// After the rounds, go on with 32 workers until the server has issued so many (for the peak of its memory)
    #[arg(long, value_name = "N")]
    pub(crate) fill: Option<u64>,
    /// Leave out the passes under strace that count fsync and fdatasync
    #[arg(long)]
    pub(crate) no_syncs: bool,
}

/// The two deployments.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Store {
    /// SQLite and the software keystore.
    Sqlite,
    /// PostgreSQL and SoftHSM2.
    Postgres,
}

impl Options {
    pub(crate) fn folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(std::env::temp_dir)
    }

    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    pub(crate) fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up)
    }
}
