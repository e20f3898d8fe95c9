//! How a command ends when it does not succeed.

use std::process::ExitCode;

use crate::config::ConfigError;
use crate::hsms::OpenError;
use crate::ops::OpError;
use crate::policies::PoliciesError;
use crate::start::StartError;
use crate::store::StoreError;

/// What went wrong, and whose turn it is.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line or a configuration file is wrong: exit code 2.
    Usage(anyhow::Error),
    /// The command could not be carried out: exit code 1.
    Failed(anyhow::Error),
}

impl Failure {
    pub(super) fn usage(message: impl Into<anyhow::Error>) -> Self {
        Self::Usage(message.into())
    }

    pub(super) fn failed(message: impl Into<anyhow::Error>) -> Self {
        Self::Failed(message.into())
    }

    #[expect(clippy::print_stderr, reason = "the command line speaks to its user")]
    pub(super) fn report(self) -> ExitCode {
        let (error, code) = match self {
            Self::Usage(error) => (error, ExitCode::from(2)),
            Self::Failed(error) => (error, ExitCode::from(1)),
        };
        eprintln!("signet: {}", text(&error));
        code
    }
}

/// The error with its causes, each once: many of our texts repeat their source.
fn text(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error)
    }
}

impl From<PoliciesError> for Failure {
    fn from(error: PoliciesError) -> Self {
        Self::usage(error)
    }
}

impl From<OpError> for Failure {
    fn from(error: OpError) -> Self {
        Self::failed(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::failed(error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::failed(error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Config(_) | StartError::Policies(_) | StartError::Resolver(_) | StartError::Notices(_) => {
                Self::usage(error)
            }
            _ => Self::failed(error),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error)
    }
}
