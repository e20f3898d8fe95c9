//! `signet audit …` as people type it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::arguments::ConfigArgument;

/// `signet audit ...`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List events, newest first
    List(ListArguments),
    /// Write every event that fits, oldest first, as JSON lines or CSV
    Export(ExportArguments),
}

/// What the trail is narrowed to; all that is given must hold.
#[derive(Debug, Args)]
pub struct FilterArguments {
    /// Who, as Operator:ann; a bare name is an operator's
    #[arg(long, value_name = "WHO")]
    pub actor: Option<String>,
    /// The act, RevokeCertificate for instance
    #[arg(long, value_name = "ACT")]
    pub action: Option<String>,
    /// What it was done to, exactly as events say it: "certificate issuing/0abc"
    #[arg(long, value_name = "OBJECT")]
    pub object: Option<String>,
    /// Events of one request, by its id
    #[arg(long, value_name = "ID")]
    pub request: Option<String>,
    /// Not before: a date, an RFC 3339 time, or how long ago, such as 7d
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Before
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
}

/// `signet audit list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Which events.
    #[command(flatten)]
    pub filter: FilterArguments,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Older than this event
    #[arg(long, value_name = "ID")]
    pub after: Option<String>,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet audit export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Which events.
    #[command(flatten)]
    pub filter: FilterArguments,
    /// jsonl or csv
    #[arg(long, default_value = "jsonl", value_parser = ["jsonl", "csv"])]
    pub format: String,
    /// A new file to write to [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
