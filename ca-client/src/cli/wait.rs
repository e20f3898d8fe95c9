//! `signet-sign wait`: until people decided and the server signed, or patience ends.

use std::time::Duration;

use super::arguments::{SharedArguments, WaitArguments};
use super::connect;
use super::failure::Failure;
use super::progress::Progress;
use super::submit;
use crate::api::{Api, ApiError, Request, State};
use crate::clock::{Deadline, instant, sleep};

/// Between two polls, even if the server answers at once.
const SHORTEST: Duration = Duration::from_secs(1);

pub(super) async fn run(arguments: WaitArguments, shared: &SharedArguments) -> Result<(), Failure> {
    let known = connect::folder(shared).find(arguments.chosen.request.as_deref())?;
    let deadline = connect::deadline(&arguments.server);
    let (api, _) = connect::server(&arguments.server, shared, known.as_ref(), deadline)?;
    let id = known.map(|known| known.id).or(arguments.chosen.request);
    let id = id.ok_or_else(|| Failure::usage("there is no request in the state folder: name one with --request"))?;
    let end = Deadline::after(arguments.wait).earlier(deadline);
    let request = wait(&api, &id, end).await?;
    submit::print(&request, shared);
    Ok(())
}

/// Polls until the request is signed.
pub(super) async fn wait(api: &Api, id: &str, end: Deadline) -> Result<Request, Failure> {
    let mut progress = Progress::new(None);
    let mut ask_for = 0;
    loop {
        let asked = instant();
        let request = api.request(id, ask_for).await.map_err(still_open(id))?;
        progress.say(status(&request));
        if verdict(&request)? == State::Signed {
            return Ok(request);
        }
        if end.is_over() {
            return Err(pending(&request));
        }
        let rest = if ask_for == 0 { Duration::ZERO } else { SHORTEST.saturating_sub(asked.elapsed()) };
        sleep(rest.min(end.left())).await;
        ask_for = end.left().as_secs().clamp(1, crate::api::LONGEST_POLL);
    }
}

/// The state, if it is one that goes on or is the aim.
pub(super) fn verdict(request: &Request) -> Result<State, Failure> {
    let why = || request.failure.as_ref().map(|failure| format!(": {}", failure.detail)).unwrap_or_default();
    let words = || format!("request {} is {}{}", request.id, request.state, why());
    match request.state {
        State::Denied => Err(Failure::Denied(words())),
        State::Rejected | State::Expired | State::Cancelled => Err(Failure::Ended(words())),
        State::Failed => {
            let again = request.failure.as_ref().is_some_and(|failure| failure.retryable);
            let advice = if again { "; submit it again" } else { "" };
            Err(Failure::Failed(anyhow::Error::msg(format!("{}{advice}", words()))))
        }
        state => Ok(state),
    }
}

/// A server that is away does not end a request that it knows: the next run goes on with it.
pub(super) fn still_open(id: &str) -> impl Fn(ApiError) -> Failure + '_ {
    move |error| match error.is_passing() {
        true => Failure::Pending(format!("request {id} was submitted, and {error}; run this again to go on")),
        false => error.into(),
    }
}

/// Nobody's fault, and not the end.
pub(super) fn pending(request: &Request) -> Failure {
    Failure::Pending(format!("{}; run this again to go on", status(request)))
}

/// One line about a request: `request 0199… waits for approval (1 of 2), https://…`.
fn status(request: &Request) -> String {
    let mut words = format!("request {} is {}", request.id, request.state).replace("is waits", "waits");
    match request.state {
        State::PendingApproval => {
            words.push_str(&format!(" ({} of {})", request.approvals.have, request.approvals.need));
            if let Some(expires_at) = &request.expires_at {
                words.push_str(&format!(" until {expires_at}"));
            }
            if let Some(ui) = &request.ui {
                words.push_str(&format!(", {ui}"));
            }
        }
        State::Signing | State::Approved if request.items > 1 => {
            words.push_str(&format!(" ({} of {})", request.signed, request.items));
        }
        _ => {}
    }
    if let Some(failure) = &request.failure {
        words.push_str(&format!(": {}", failure.detail));
    }
    words
}
