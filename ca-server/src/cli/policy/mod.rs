//! `signet policy explain|replay`: questions about the policies.

mod arguments;
mod explain;
mod replay;

pub(super) use arguments::PolicyCommand;

use super::failure::Failure;

pub(super) async fn run(command: PolicyCommand) -> Result<(), Failure> {
    match command {
        PolicyCommand::Explain(arguments) => explain::run(arguments).await,
        PolicyCommand::Replay(arguments) => replay::run(arguments).await,
    }
}
