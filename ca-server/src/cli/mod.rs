//! The command line: one file a verb. Results go to stdout, messages to stderr.

mod arguments;
mod audit;
mod certificate;
mod crl;
mod doctor;
mod eab;
mod failure;
mod hsm;
mod init;
mod installation;
mod migrate;
mod openapi;
mod operator;
mod output;
mod policy;
mod quickstart;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;

pub use arguments::Arguments;
use arguments::Command;
use failure::Failure;

/// Reads the command line and does what it says.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::failed(anyhow::Error::new(error).context("cannot start the runtime")).report(),
    };
    let result = runtime.block_on(run(arguments.command));
    // A hung C library of a token must not keep the process from ending.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Quickstart(arguments) => quickstart::run(arguments).await,
        Command::Init(arguments) => init::run(*arguments).await,
        Command::Serve(config) => serve::run(&config).await,
        Command::Migrate(arguments) => migrate::run(arguments).await,
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::Certificate(command) => certificate::run(command).await,
        Command::Crl(command) => crl::run(command).await,
        Command::Eab(command) => eab::run(command).await,
        Command::Hsm(command) => hsm::run(command).await,
        Command::Operator(command) => operator::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Policy(command) => policy::run(command).await,
        Command::Openapi(config) => openapi::run(&config),
    }
}
