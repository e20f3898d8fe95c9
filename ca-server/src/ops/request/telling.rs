//! What people and machines hear of a request.

use serde_json::json;

use crate::app::App;
use crate::notices::NoticeKind;
use crate::ops::notice::{self, Notice};
use crate::store::fields::IssuanceRequestId;
use crate::store::issuance_request::Asked;
use crate::store::notice::NewNotice;

/// What every notice of a request says.
pub(super) struct Subject<'a> {
    pub(super) id: IssuanceRequestId,
    pub(super) asked: &'a Asked,
    pub(super) requester: &'a str,
}

impl Subject<'_> {
    /// Somebody asks: approvers are wanted.
    pub(super) fn submitted(&self, app: &App, why: &str) -> Vec<NewNotice> {
        let wanted = self.asked.approvals_required;
        let (subject, ask) = match wanted {
            0 => (format!("{} is requested", self.what()), "Nobody has to approve it.".to_owned()),
            1 => (format!("{} waits for your approval", self.what()), "One person has to approve it.".to_owned()),
            more => (format!("{} waits for your approval", self.what()), format!("{more} people have to approve it.")),
        };
        let text = format!("{} asks for a certificate for {}. {ask}{why}", self.requester, self.long());
        self.rows(app, NoticeKind::RequestSubmitted, subject, text, "pending", false)
    }

    /// It ended without a certificate.
    pub(super) fn ended(&self, app: &App, state: &str, by: &str, reason: &str) -> Vec<NewNotice> {
        let reason = if reason.is_empty() { String::new() } else { format!("\nReason: {reason}") };
        let text = format!("The request of {} for {} is {state}, by {by}.{reason}", self.requester, self.long());
        self.rows(app, NoticeKind::RequestDecided, format!("{} is {state}", self.what()), text, state, true)
    }

    /// There is a certificate.
    pub(super) fn issued(&self, app: &App, serial: &str) -> Vec<NewNotice> {
        let text = format!(
            "The certificate that {} asked for, for {}, is issued. Its serial is {serial}.",
            self.requester,
            self.long()
        );
        self.rows(app, NoticeKind::RequestIssued, format!("{} is issued", self.what()), text, "issued", true)
    }

    fn rows(
        &self,
        app: &App,
        kind: NoticeKind,
        subject: String,
        text: String,
        state: &str,
        requester_too: bool,
    ) -> Vec<NewNotice> {
        let names: Vec<String> = self.names().collect();
        let notice = Notice {
            kind,
            subject,
            text,
            page: format!("/requests/{}", self.id),
            details: json!({
                "request": self.id.to_string(), "state": state, "profile": self.asked.profile, "names": names,
                "requester": self.requester, "owner": self.asked.owner,
            }),
            also_to: self.asked.notify.iter().filter(|_| requester_too).cloned().collect(),
            once: None,
        };
        notice::rows(app, &notice)
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.asked.names.iter().map(|name| name.value.clone())
    }

    /// The first name, for a subject line.
    fn what(&self) -> String {
        let first = self.names().next().unwrap_or_else(|| self.asked.subject.clone());
        match self.asked.names.len() {
            0 | 1 => first,
            more => format!("{first} and {} more", more - 1),
        }
    }

    fn long(&self) -> String {
        let names: Vec<String> = self.names().collect();
        let names = if names.is_empty() { self.asked.subject.clone() } else { names.join(", ") };
        format!("{names} (profile {})", self.asked.profile)
    }
}
