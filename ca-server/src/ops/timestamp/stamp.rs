//! Timestamps of our own signatures: by our own authority first, then by those of others.

use ca_core::hsm::DigestAlgorithm;
use ca_core::policy::Actor;
use ca_core::timestamp::{FailureInfo, MessageImprint, Rejection, TimeStampRequest, TimeStampToken};

use super::{external, token};
use crate::app::App;
use crate::ops::signing::{JOB, job_origin};

/// Why a signature has no timestamp.
#[derive(Debug, thiserror::Error)]
pub enum NoTimestamp {
    /// There is nobody who could give one.
    #[error("[timestamp] is switched off, and the signing profile names no others in timestamp.external")]
    NobodyToAsk,
    /// Nobody gives one now.
    #[error("{0}")]
    Refused(String),
}

/// A timestamp of `signature`.
///
/// # Errors
/// [`NoTimestamp`].
pub async fn stamp(app: &App, signature: &[u8], others: &[String]) -> Result<TimeStampToken, NoTimestamp> {
    let imprint = MessageImprint::of(DigestAlgorithm::Sha256, signature);
    let mut said = Vec::new();
    if app.settings.timestamp.enabled {
        match own(app, imprint.clone()).await {
            Ok(token) => return Ok(token),
            Err(rejection) => said.push(own_refusal(&rejection, others)),
        }
    }
    if said.is_empty() && others.is_empty() {
        return Err(NoTimestamp::NobodyToAsk);
    }
    match external::stamp(app, others, &imprint).await {
        Ok(token) => Ok(token),
        Err(more) => {
            said.extend(more);
            Err(NoTimestamp::Refused(said.join("; ")))
        }
    }
}

/// Tokens of others are held against the same clock: with a clock that is far off, they are refused too.
fn own_refusal(rejection: &Rejection, others: &[String]) -> String {
    let text = &rejection.text;
    if rejection.failure == FailureInfo::TimeNotAvailable && !others.is_empty() {
        return format!("our own: {text} (the timestamps of others are held against this clock too)");
    }
    format!("our own: {text}")
}

async fn own(app: &App, imprint: MessageImprint) -> Result<TimeStampToken, Rejection> {
    let none = || Rejection::new(FailureInfo::SystemFailure, "it has no policy");
    let policy = app.settings.timestamp.policy(None).ok_or_else(none)?;
    let request = TimeStampRequest::new(imprint, None, app.entropy.bytes());
    token::issue(app, &Actor::Job { name: JOB }, &job_origin(app), &request, &policy).await
}
