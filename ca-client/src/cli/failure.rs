//! How a command ends when there is no signature.

use std::process::ExitCode;

use super::output::note;
use crate::api::{ApiError, InvalidRoots};
use crate::artifact::ArtifactError;
use crate::state::StateError;
use crate::verification::Refusal;

/// Whose turn it is.
#[derive(Debug)]
pub(super) enum Failure {
    /// It could not be done: exit code 1.
    Failed(anyhow::Error),
    /// The command line is wrong: exit code 2.
    Usage(anyhow::Error),
    /// People have not decided, or the server has not signed yet: exit code 3.
    Pending(String),
    /// Rejected, cancelled or expired: exit code 4.
    Ended(String),
    /// Denied by policy: exit code 5.
    Denied(String),
}

impl Failure {
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(anyhow::Error::msg(message.into()))
    }

    fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) => 2,
            Self::Pending(_) => 3,
            Self::Ended(_) => 4,
            Self::Denied(_) => 5,
        }
    }

    pub(super) fn report(self) -> ExitCode {
        let code = self.code();
        let text = match self {
            Self::Failed(error) | Self::Usage(error) => with_causes(&error),
            Self::Pending(text) | Self::Ended(text) | Self::Denied(text) => text,
        };
        note(format_args!("signet-sign: {text}"));
        ExitCode::from(code)
    }
}

/// The error with its causes, each once: many of our texts repeat their source.
fn with_causes(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Denied(_) => Self::Denied(error.to_string()),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<ArtifactError> for Failure {
    fn from(error: ArtifactError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        match error {
            StateError::None(_) | StateError::Several { .. } => Self::Usage(error.into()),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<InvalidRoots> for Failure {
    fn from(error: InvalidRoots) -> Self {
        Self::Usage(error.into())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.into())
    }
}
