//! How a signing request stands, in one sentence, and its history.

use super::SigningRequestPage;
use crate::frame::Frame;
use crate::parts::{Event, Link, State, Timeline, Value};
use crate::signing::counted;

/// Something that happened.
#[derive(Clone, Debug)]
pub struct SigningEvent {
    /// When.
    pub at: i64,
    /// What, as the server calls it: `submitted`, `approved`, `signed`, …
    pub kind: String,
    /// Who.
    pub actor: String,
    /// The comment or the reason; perhaps empty.
    pub detail: String,
    /// The policies that permitted it; perhaps empty.
    pub policies: String,
}

/// "ci of example/app asked 3 hours ago for one signature under release. It has 1 of 2 approvals and expires in 21 hours."
pub(super) fn sentence(page: &SigningRequestPage) -> Value {
    let asked = vec![
        Value::from(format!("{} asked ", page.requester)),
        page.frame.moment(&page.created_at).into(),
        format!(" for {} under ", counted(page.items.total, "signature", "signatures")).into(),
        crate::signing::profile_link(&page.profile),
    ];
    let reason = match page.reason.as_str() {
        "" => Vec::new(),
        reason => vec![Value::from(format!(": “{reason}”"))],
    };
    Value::Sentence(asked.into_iter().chain(reason).chain([Value::from(". ")]).chain(rest(page)).collect())
}

fn rest(page: &SigningRequestPage) -> Vec<Value> {
    let moment = |at: &i64| Value::from(page.frame.moment(at));
    let because = page.outcome.as_deref().filter(|text| !text.is_empty());
    let because = because.map_or_else(String::new, |text| format!(": {text}"));
    match page.state.as_str() {
        "received" => vec!["It is being looked at.".into()],
        "pending_approval" => waiting(page),
        "approved" | "signing" => vec!["It is approved and being signed.".into()],
        "signed" => signed(page),
        "failed" => vec!["It could not be signed.".into()],
        state => {
            let when = page.ended_at.as_ref().map_or_else(|| "".into(), moment);
            let word = if page.ended_at.is_some() { format!("It was {state} ") } else { format!("It was {state}") };
            // "It was expired" is no English.
            let word = word.replace("was expired", "expired undecided");
            vec![word.into(), when, format!("{because}.").into()]
        }
    }
}

fn waiting(page: &SigningRequestPage) -> Vec<Value> {
    let need: u32 = page.stages.iter().map(|stage| stage.need).sum();
    let have: u32 = page.stages.iter().map(super::StageView::have).sum();
    let mut words = vec![Value::from(format!("It has {have} of {need} approvals"))];
    if let Some(end) = &page.expires_at {
        words.extend([" and expires ".into(), page.frame.moment(end).into()]);
    }
    words.push(".".into());
    words
}

fn signed(page: &SigningRequestPage) -> Vec<Value> {
    let mut words = vec![Value::from("It was signed")];
    if let Some(at) = &page.ended_at {
        words.extend([" ".into(), page.frame.moment(at).into()]);
    }
    if let Some(signer) = &page.signer {
        let link = Link::new(format!("/certificates/{}", signer.id), signer.serial.clone());
        words.extend([" with the certificate ".into(), link.into()]);
    }
    words.push(".".into());
    words
}

pub(super) fn timeline(frame: &Frame, history: &[SigningEvent]) -> Timeline {
    let event = |event: &SigningEvent| {
        let (state, what) = words(&event.kind);
        let mut line = Event::new(frame.moment(&event.at), state, what).by(event.actor.clone());
        if !event.detail.is_empty() {
            line = line.because(event.detail.clone());
        }
        if !event.policies.is_empty() {
            line = line.permitted_by(event.policies.clone());
        }
        line
    };
    Timeline(history.iter().rev().map(event).collect())
}

/// What the server calls an event, in words.
fn words(kind: &str) -> (State, &str) {
    match kind {
        "submitted" => (State::Pending, "Asked for"),
        "approved" => (State::Good, "Approved"),
        "rejected" => (State::Broken, "Rejected"),
        "cancelled" => (State::Revoked, "Cancelled"),
        "expired" => (State::Neutral, "Expired"),
        "begun" => (State::Pending, "Signing began: its certificate was chosen"),
        "signed" => (State::Good, "Signed"),
        "failed" => (State::Broken, "Could not be signed"),
        "glass-broken" => (State::Soon, "Let through by one person alone"),
        other => (State::Neutral, other),
    }
}
