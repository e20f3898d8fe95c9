//! The command line as people type it.

use std::path::PathBuf;
use std::time::Duration;

use ca_core::hsm::DigestAlgorithm;
use ca_core::signing::Format;
use ca_core::signing::jar::SignerName;
use clap::{Args, Parser, Subcommand};
use reqwest::Url;

/// Has the artifacts of a build signed by Signet.
///
/// Digests are computed here; files stay here. Exit codes: 0 signed, 1 failed, 2 wrong usage, 3 pending (run it again to
/// go on), 4 rejected, cancelled or expired, 5 denied by policy.
#[derive(Debug, Parser)]
#[command(name = "signet-sign", version, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every verb knows.
    #[command(flatten)]
    pub shared: SharedArguments,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Submit, wait, fetch, verify and embed; run again, it goes on where it was
    Sign(Box<SignArguments>),
    /// Ask for signatures and print the request's id; ends with 3 while it is not signed yet
    Submit(Box<SubmitArguments>),
    /// Wait for the decision about a request
    Wait(WaitArguments),
    /// Get the signatures of a signed request into the state folder
    Fetch(FetchArguments),
    /// Verify fetched signatures and put them into or beside the files; needs no network
    Embed(EmbedArguments),
    /// Judge signed files: digest, signature, chain, timestamp; needs no network
    Verify(VerifyArguments),
}

/// On every verb.
#[derive(Clone, Debug, Args)]
pub struct SharedArguments {
    /// Root certificates (PEM) for signatures, and for the server's TLS
    #[arg(long, global = true, value_name = "FILE", env = "SIGNET_CA_FILE")]
    pub ca_file: Option<PathBuf>,
    /// Root certificates (PEM) for the server's TLS alone [default: those of --ca-file]
    #[arg(long, global = true, value_name = "FILE", env = "SIGNET_TLS_CA_FILE")]
    pub tls_ca_file: Option<PathBuf>,
    /// Root certificates (PEM) of other time-stamping authorities, besides those of --ca-file
    #[arg(long, global = true, value_name = "FILE", env = "SIGNET_TSA_CA_FILE")]
    pub tsa_ca_file: Option<PathBuf>,
    /// Where requests are remembered between runs
    #[arg(long, global = true, value_name = "DIR", env = "SIGNET_STATE_DIR", default_value = ".signet")]
    pub state_dir: PathBuf,
    /// Print the result as JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// How the server is reached.
#[derive(Clone, Debug, Args)]
pub struct ServerArguments {
    /// Base URL of the server; without it, wait and fetch ask that of the request, with the request's own token only
    #[arg(long, value_name = "URL", env = "SIGNET_SERVER")]
    pub server: Option<Url>,
    /// File with the token [default: SIGNET_TOKEN, GitLab's SIGNET_ID_TOKEN, then GitHub's ID token]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Audience of an ID token from GitHub [default: the server's URL]
    #[arg(long, value_name = "TEXT")]
    pub audience: Option<String>,
    /// Client certificate and the certificates above it (PEM), for the server's mtls_listen
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub client_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub client_key: Option<PathBuf>,
    /// End after this time, whatever happens: 90s, 15m, 2h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// What is asked for.
#[derive(Clone, Debug, Args)]
pub struct RequestArguments {
    /// Signing profile
    #[arg(long, value_name = "NAME", env = "SIGNET_PROFILE")]
    pub profile: String,
    /// What approvers read [default: repository, ref and commit of the CI]
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How long people may take to decide [default: the profile's]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub expires_in: Option<Duration>,
    /// What the files are, and how they are digested
    #[command(flatten)]
    pub batch: BatchArguments,
}

/// The files of a request.
#[derive(Clone, Debug, Args)]
pub struct BatchArguments {
    /// raw, cms-detached, authenticode-pe or jar-sf [default: by the content of the files]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Hash function: sha256, sha384 or sha512
    #[arg(long, value_name = "ALG", default_value = "sha256", value_parser = algorithm)]
    pub digest: DigestAlgorithm,
    /// Replace signatures that images and JARs already have
    #[arg(long)]
    pub replace: bool,
    /// Files to be signed, all with one request
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Where signatures go.
#[derive(Clone, Debug, Args)]
pub struct OutputArguments {
    /// Folder for the results (several, or ending in /), or the file of the only one [default: images and JARs are replaced, else FILE.p7s, FILE.sig]
    #[arg(long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    /// Name of the signature's files in JARs
    #[arg(long, value_name = "NAME", default_value_t)]
    pub signer_name: SignerName,
    /// Write the certificates above a signature here, for verifying raw ones
    #[arg(long, value_name = "FILE")]
    pub chain_out: Option<PathBuf>,
}

/// `sign`.
#[derive(Debug, Args)]
pub struct SignArguments {
    /// The server.
    #[command(flatten)]
    pub server: ServerArguments,
    /// The request.
    #[command(flatten)]
    pub request: RequestArguments,
    /// The results.
    #[command(flatten)]
    pub output: OutputArguments,
    /// How long to wait for people before ending with 3: 0s, 30m, 2h
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10m")]
    pub wait: Duration,
}

/// `submit`.
#[derive(Debug, Args)]
pub struct SubmitArguments {
    /// The server.
    #[command(flatten)]
    pub server: ServerArguments,
    /// The request.
    #[command(flatten)]
    pub request: RequestArguments,
}

/// Which request.
#[derive(Clone, Debug, Args)]
pub struct ChosenArguments {
    /// The request's id [default: the only one in the state folder]
    #[arg(long, value_name = "ID")]
    pub request: Option<String>,
}

/// `wait`.
#[derive(Debug, Args)]
pub struct WaitArguments {
    /// The server.
    #[command(flatten)]
    pub server: ServerArguments,
    /// The request.
    #[command(flatten)]
    pub chosen: ChosenArguments,
    /// How long to wait for people before ending with 3: 0s, 30m, 2h
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10m")]
    pub wait: Duration,
}

/// `fetch`.
#[derive(Debug, Args)]
pub struct FetchArguments {
    /// The server.
    #[command(flatten)]
    pub server: ServerArguments,
    /// The request.
    #[command(flatten)]
    pub chosen: ChosenArguments,
}

/// `embed`.
#[derive(Debug, Args)]
pub struct EmbedArguments {
    /// The request.
    #[command(flatten)]
    pub chosen: ChosenArguments,
    /// The results.
    #[command(flatten)]
    pub output: OutputArguments,
    /// Replace signatures that images and JARs already have
    #[arg(long)]
    pub replace: bool,
    /// Only these files of the request [default: all of them]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// `verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// raw, cms-detached, authenticode-pe or jar-sf [default: by the content of the files]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Detached signature of the only FILE [default: FILE.p7s, FILE.sig]
    #[arg(long, value_name = "FILE")]
    pub signature: Option<PathBuf>,
    /// Signer's certificate and those above it (PEM), for raw signatures
    #[arg(long, value_name = "FILE")]
    pub chain: Option<PathBuf>,
    /// Signed files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

fn duration(text: &str) -> Result<Duration, ca_core::duration::InvalidDuration> {
    ca_core::duration::parse(text)
}

fn algorithm(text: &str) -> Result<DigestAlgorithm, String> {
    let found = DigestAlgorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == text);
    found.ok_or_else(|| format!("{text:?} is not sha256, sha384 or sha512"))
}
