//! The command line: one file a verb. Results go to stdout, messages to stderr.

mod arguments;
mod batch;
mod connect;
mod embed;
mod failure;
mod fetch;
mod output;
mod progress;
mod sign;
mod submit;
mod verify;
mod wait;

use std::process::ExitCode;

use clap::Parser as _;

pub use arguments::Arguments;
use arguments::Command;
use failure::Failure;

/// Reads the command line and does what it says.
///
/// Exit codes: 0 signed, 1 failed, 2 wrong usage, 3 pending, 4 rejected, cancelled or expired, 5 denied by policy.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::Failed(error.into()).report(),
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let shared = arguments.shared;
    match arguments.command {
        Command::Sign(arguments) => sign::run(*arguments, &shared).await,
        Command::Submit(arguments) => submit::run(*arguments, &shared).await,
        Command::Wait(arguments) => wait::run(arguments, &shared).await,
        Command::Fetch(arguments) => fetch::run(arguments, &shared).await,
        Command::Embed(arguments) => embed::run(&arguments, &shared),
        Command::Verify(arguments) => verify::run(&arguments, &shared),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_parser_is_sound() {
        super::Arguments::command().debug_assert();
    }
}
