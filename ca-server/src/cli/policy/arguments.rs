//! `signet policy …` as people type it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::arguments::ConfigArgument;

/// `signet policy ...`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// May somebody do something, and why?
    Explain(ExplainArguments),
    /// What would other policies or profiles have decided in the last days?
    Replay(ReplayArguments),
}

/// `signet policy explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// Who, as Operator:ann; a bare name is an operator's
    pub actor: String,
    /// The act, RevokeCertificate for instance
    pub act: String,
    /// What it is done to, as Certificate:issuing/0abc; may be left out where there is only one thing it can be
    pub object: Option<String>,
    /// A role to suppose [default: those that the operator has]; may be repeated
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<String>,
    /// A scope to suppose, of an API token; may be repeated
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// An attribute of the act, as reason=superseded; may be repeated
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    pub attributes: Vec<String>,
    /// A name that a certificate is to bind, as dns:www.example.org; may be repeated
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<String>,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}

/// `signet policy replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Which installation.
    #[command(flatten)]
    pub config: ConfigArgument,
    /// A file of proposed policies; may be repeated
    #[arg(long = "policies", value_name = "FILE")]
    pub policies: Vec<PathBuf>,
    /// The proposed policies come on top of those in force, instead of replacing them
    #[arg(long)]
    pub on_top: bool,
    /// A proposed profile, named as its file; may be repeated
    #[arg(long = "profile", value_name = "FILE")]
    pub profiles: Vec<PathBuf>,
    /// How many days to look back
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub days: u32,
    /// Machine-readable result on stdout
    #[arg(long)]
    pub json: bool,
}
