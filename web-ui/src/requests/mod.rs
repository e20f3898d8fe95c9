//! Certificates that people ask for: the inbox, the form, what would be asked for, one request, and fetching.

mod delivery;
mod fetch;
mod form;
mod inbox;
mod preview;
mod request;
mod shared;
#[cfg(test)]
mod tests;

pub use delivery::DeliveryPage;
pub use fetch::{FetchPage, Fetched};
pub use form::{AuthorityChoice, FieldError, FormPage, FormValues, ProfileChoice};
pub use inbox::{InboxPage, InboxRow, Pile};
pub use preview::{PreviewPage, Verdict};
pub use request::{Approver, HistoryEvent, Refusals, RequestPage, Wanted};
pub use shared::SharedPage;

use crate::parts::{Badge, State, Value};

/// The badge for the state of a request, by its word.
fn badge(state: &str) -> Badge {
    let kind = match state {
        "issued" => State::Good,
        "pending" | "approved" | "issuing" => State::Pending,
        "rejected" | "failed" => State::Broken,
        "cancelled" => State::Revoked,
        _ => State::Neutral,
    };
    let word = match state {
        "pending" => "waits for approval",
        "issuing" => "being signed",
        other => other,
    };
    Badge::new(kind, word)
}

/// Names of a certificate in short: the first one, as people say it.
fn names(names: &[String], subject: &str) -> String {
    let said =
        |name: &String| ["dns:", "ip:"].iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name).to_owned();
    match names {
        [] if subject.is_empty() => "no name".to_owned(),
        [] => subject.to_owned(),
        [one] => said(one),
        [first, rest @ ..] => format!("{} and {} more", said(first), rest.len()),
    }
}

fn codes(texts: &[String]) -> Value {
    match texts {
        [] => Value::Absent,
        texts => Value::Lines(texts.iter().map(|text| Value::Code(text.clone())).collect()),
    }
}
