//! What happened to a certificate, as a story.

use crate::frame::Frame;
use crate::parts::{Event, State, Timeline};

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct EventView {
    /// When.
    pub at: i64,
    /// The act, as in the audit trail: `RevokeCertificate`.
    pub action: String,
    /// Who did it.
    pub actor: String,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// The policies that permitted it.
    pub policies: Vec<String>,
    /// Where from.
    pub origin: String,
}

pub(super) fn timeline(frame: &Frame, events: &[EventView]) -> Timeline {
    Timeline(events.iter().map(|event| line(frame, event)).collect())
}

fn line(frame: &Frame, event: &EventView) -> Event {
    let (state, what) = words(&event.action);
    let who = match event.origin.as_str() {
        "" => event.actor.clone(),
        origin => format!("{} from {origin}", event.actor),
    };
    let line = Event::new(frame.moment(&event.at), state, what).by(who);
    let line = match &event.reason {
        Some(reason) => line.because(reason.clone()),
        None => line,
    };
    match event.policies.is_empty() {
        true => line,
        false => line.permitted_by(event.policies.join(", ")),
    }
}

fn words(action: &str) -> (State, &str) {
    match action {
        "NewOrder" => (State::Pending, "Ordered"),
        "SubmitRequest" => (State::Pending, "Requested"),
        "ChangeRequest" => (State::Neutral, "Request changed"),
        "CommentRequest" => (State::Neutral, "Commented"),
        "ApproveRequest" => (State::Good, "Approved"),
        "ShareRequest" => (State::Neutral, "A fetch code was made"),
        "DeliverKey" => (State::Good, "Private key handed over"),
        "ProcessRequest" => (State::Neutral, "Request processed"),
        "Finalize" | "IssueCertificate" | "IssueRequested" => (State::Good, "Issued"),
        "ResumeIssuance" => (State::Good, "Issued, after an interruption"),
        "AbandonIssuance" => (State::Broken, "Given up"),
        "RevokeCertificate" => (State::Revoked, "Revoked"),
        "AssignOwner" => (State::Neutral, "Owner changed"),
        "AskForRenewal" => (State::Pending, "Request to renew changed"),
        other => (State::Neutral, other),
    }
}
