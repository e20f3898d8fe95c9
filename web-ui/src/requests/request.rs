//! One request: how it stands in one sentence, what it asks for, who approved, what changed, and its history.

use askama::Template;

use super::{badge, codes, names};
use crate::RenderError;
use crate::audit::audit_of;
use crate::frame::Frame;
use crate::parts::{
    Act, Badge, Callout, CalloutKind, Event, Exact, Fact, Facts, Headline, Id, Lines, Link, State, TextArea, Timeline,
    Value,
};

/// What the request asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Names of the certificate.
    pub names: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Type of the key.
    pub key_algorithm: String,
    /// SHA-256 of the key.
    pub key_sha256: String,
    /// Whether this server made the key.
    pub generated: bool,
    /// Subject of the CSR; none without a CSR.
    pub csr_subject: Option<String>,
    /// The CSR in PEM; none without one.
    pub csr_pem: Option<String>,
    /// Name of the profile.
    pub profile: String,
    /// Version of the profile.
    pub profile_version: String,
    /// Name of the authority.
    pub authority: String,
    /// Length, such as `90d`.
    pub validity: String,
    /// The extensions, by name or object identifier.
    pub extensions: Vec<String>,
    /// Who answers for the certificate.
    pub owner: Option<String>,
    /// Who hears of it.
    pub notify: Option<String>,
}

/// Somebody who approved.
#[derive(Clone, Debug)]
pub struct Approver {
    /// Sign-in name.
    pub name: String,
    /// When.
    pub at: i64,
    /// Why the vote does not count, if it does not.
    pub void: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct HistoryEvent {
    /// When.
    pub at: i64,
    /// What, as the server calls it: `submitted`, `changed`, `commented`, …
    pub kind: String,
    /// Who.
    pub actor: String,
    /// The comment, the reason or what changed; perhaps empty.
    pub detail: String,
    /// The policies that permitted it; perhaps empty.
    pub policies: String,
}

/// The page.
#[derive(Clone, Debug)]
pub struct RequestPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: String,
    /// Why it was rejected or failed.
    pub outcome: Option<String>,
    /// Who asked.
    pub requester: String,
    /// When.
    pub created_at: i64,
    /// When it ends undecided; none once it has ended.
    pub expires_at: Option<i64>,
    /// What it asks for.
    pub wanted: Wanted,
    /// What an approval is for at this moment.
    pub digest: String,
    /// What changed since earlier approvals, in words.
    pub changes: Vec<String>,
    /// Lines of the profile that went and came, when it was edited.
    pub profile_lines: Option<(Vec<String>, Vec<String>)>,
    /// An approval was just refused because of the changes.
    pub was_stale: bool,
    /// What lint has against it.
    pub findings: Vec<String>,
    /// Why it cannot be issued as things are.
    pub obstacle: Option<String>,
    /// The policies that permitted the submission.
    pub permitted_by: String,
    /// So many people must approve.
    pub approvals_required: u32,
    /// Those who did.
    pub approvers: Vec<Approver>,
    /// What happened, oldest first.
    pub history: Vec<HistoryEvent>,
    /// The certificate: its id and its serial.
    pub certificate: Option<(String, String)>,
    /// Last second of the certificate.
    pub not_after: Option<i64>,
    /// Why each act is not possible; none where it is.
    pub refusals: Refusals,
    /// Whether a private key waits to be taken.
    pub key_waits: bool,
    /// What was typed into the comment and could not be taken, and why.
    pub comment: Option<(String, String)>,
}

/// Why an act is not possible; none where it is.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    /// Voting for it.
    pub approve: Option<String>,
    /// Ending it with a no.
    pub reject: Option<String>,
    /// Giving it up.
    pub cancel: Option<String>,
    /// Asking for something else.
    pub change: Option<String>,
    /// Saying something.
    pub comment: Option<String>,
    /// Making a code to fetch the certificate with.
    pub share: Option<String>,
    /// Taking the private key.
    pub deliver: Option<String>,
}

#[derive(Template)]
#[template(path = "requests/request.html")]
struct Html<'a> {
    frame: &'a Frame,
    page: &'a RequestPage,
    title: String,
    head: Headline,
    notes: Vec<Callout>,
    difference: Option<Difference<'a>>,
    approvals: Facts,
    wanted: Facts,
    csr: Option<Lines>,
    verdicts: Facts,
    timeline: Timeline,
    comment: TextArea,
    decides: bool,
}

/// What changed, and what the profile said before and says now.
struct Difference<'a> {
    callout: Callout,
    gone: &'a [String],
    came: &'a [String],
}

impl RequestPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let (typed, fault) = self.comment.clone().unzip();
        let comment = TextArea::new("comment", "Comment").with_rows(3).with_value(typed.unwrap_or_default());
        Html {
            frame: &self.frame,
            page: self,
            title: names(&self.wanted.names, &self.wanted.subject),
            head: self.head(),
            notes: self.notes(),
            difference: self.difference(),
            approvals: self.approvals(),
            wanted: self.wanted(),
            csr: self.wanted.csr_pem.as_ref().map(|pem| Lines::new("the CSR", pem)),
            verdicts: self.verdicts(),
            timeline: self.timeline(),
            comment: comment.optional().with_error(fault),
            decides: self.refusals.approve.is_none() || self.refusals.reject.is_none(),
        }
        .render()
    }

    fn head(&self) -> Headline {
        let path = |act: &str| format!("/requests/{}/{act}", self.id);
        let mut head = Headline::new(names(&self.wanted.names, &self.wanted.subject))
            .within(Link::new("/requests", "Requests"))
            .with_badge(badge(&self.state))
            .saying(self.sentence());
        if self.certificate.is_some() {
            head = head.with_act(Act::download("Download certificate", path("certificate.pem")).primary());
            if self.key_waits && self.refusals.deliver.is_none() {
                head = head.with_act(Act::open("Take the private key …", path("delivery")).primary());
            }
        }
        if self.refusals.share.is_none() {
            head = head.with_act(Act::post(&self.frame, "Make a fetch code", path("share")));
        }
        head = head.with_act(audit_of(&format!("request {}", self.id)));
        if self.is_open() {
            head = head
                .with_act(Act::open("Change …", path("change")).refused_because(self.refusals.change.clone()))
                .with_act(
                    Act::post(&self.frame, "Cancel", path("cancel")).refused_because(self.refusals.cancel.clone()),
                );
        }
        head
    }

    fn is_open(&self) -> bool {
        self.expires_at.is_some()
    }

    fn valid_approvals(&self) -> usize {
        self.approvers.iter().filter(|approver| approver.void.is_none()).count()
    }

    fn sentence(&self) -> Value {
        let text = |text: String| Value::Text(text);
        let moment = |at: i64| Value::from(self.frame.moment(&at));
        let asked = vec![text(format!("{} asked for it ", self.requester)), moment(self.created_at)];
        let reason = self
            .outcome
            .clone()
            .filter(|reason| !reason.is_empty())
            .map_or(String::new(), |reason| format!(": {reason}"));
        let rest = match (self.state.as_str(), self.expires_at, &self.certificate) {
            ("pending", Some(end), _) => vec![
                text(format!(
                    ". It has {} of {} approvals and expires ",
                    self.valid_approvals(),
                    self.approvals_required
                )),
                moment(end),
                text(".".to_owned()),
            ],
            ("approved" | "issuing", ..) => {
                vec![text(". It is approved and is signed as soon as the HSM answers.".to_owned())]
            }
            ("issued", _, Some((id, serial))) => vec![
                text(". It is issued: certificate ".to_owned()),
                Link::new(format!("/certificates/{id}"), serial.clone()).into(),
                self.not_after.map_or(text(String::new()), |_| text(", which ends ".to_owned())),
                self.not_after.map_or(text(String::new()), moment),
                text(".".to_owned()),
            ],
            (state, ..) => vec![text(format!(". It is {state}{reason}."))],
        };
        Value::Sentence(asked.into_iter().chain(rest).collect())
    }

    fn notes(&self) -> Vec<Callout> {
        let mut notes = Vec::new();
        if let Some(obstacle) = &self.obstacle {
            let text = "As things are it cannot be issued, whoever approves it.";
            let points = vec![Value::from(obstacle.clone())];
            notes.push(
                Callout::new(CalloutKind::Warning, "Something stands against it").with_text(text).with_points(points),
            );
        }
        if self.key_waits && self.refusals.deliver.is_none() {
            let text = "It is handed over once and then destroyed here.";
            let link = Link::new(format!("/requests/{}/delivery", self.id), "Take it");
            notes.push(
                Callout::new(CalloutKind::Waiting, "A private key waits for you").with_text(text).with_link(link),
            );
        }
        notes
    }

    fn difference(&self) -> Option<Difference<'_>> {
        if self.changes.is_empty() {
            return None;
        }
        let (kind, title) = match self.was_stale {
            true => (CalloutKind::Denied, "Not approved: the request has changed since you looked at it"),
            false => (CalloutKind::Warning, "The request has changed since it was approved"),
        };
        let points = self.changes.iter().map(|change| Value::from(change.clone())).collect();
        let text = "Earlier approvals do not count. This is what changed; an approval from now on is for it.";
        let (gone, came) = self.profile_lines.as_ref().map_or((&[][..], &[][..]), |(gone, came)| (gone, came));
        Some(Difference { callout: Callout::new(kind, title).with_text(text).with_points(points), gone, came })
    }

    fn approvals(&self) -> Facts {
        let who = |approver: &Approver| {
            let mut words = vec![Value::from(format!("{} ", approver.name)), self.frame.moment(&approver.at).into()];
            words.extend(approver.void.iter().map(|why| Value::Quiet(format!(" (does not count: {why})"))));
            Value::Sentence(words)
        };
        let approvers: Vec<Value> = self.approvers.iter().map(who).collect();
        let approvers =
            if approvers.is_empty() { Value::Quiet("nobody yet".to_owned()) } else { Value::Lines(approvers) };
        Facts(vec![
            Fact::new("Approvals", format!("{} of {}", self.valid_approvals(), self.approvals_required))
                .with_gloss("different people, and never the one who asked"),
            Fact::new("Approved by", approvers),
            Fact::new("Digest", Id::new("digest of the request", &self.digest)).with_gloss(
                "an approval is for exactly this: key, profile, issuer, subject, names, extensions, validity",
            ),
        ])
    }

    fn wanted(&self) -> Facts {
        let wanted = &self.wanted;
        let subject =
            if wanted.subject.is_empty() { Value::Quiet("empty".to_owned()) } else { wanted.subject.clone().into() };
        let key = match wanted.generated {
            true => format!("{}, made by this server", wanted.key_algorithm),
            false => format!("{}, made by the requester", wanted.key_algorithm),
        };
        let mut facts = vec![
            Fact::new("Names", codes(&wanted.names))
                .with_gloss("subject alternative names: what the certificate is valid for"),
            Fact::new("Subject", subject),
            Fact::new("Key", key),
            Fact::new("Key SHA-256", Id::new("hash of the public key", &wanted.key_sha256)),
            Fact::new("Profile", wanted.profile.clone()).with_gloss(format!("version {}", wanted.profile_version)),
            Fact::new("Issuer", wanted.authority.clone()),
            Fact::new("Validity", wanted.validity.clone()),
            Fact::new("Extensions", codes(&wanted.extensions)),
            Fact::new("Owner", Value::or_absent(wanted.owner.clone())),
            Fact::new("Hears of it", Value::or_absent(wanted.notify.clone())),
        ];
        if let Some(subject) = &wanted.csr_subject {
            facts.insert(2, Fact::new("Subject in the CSR", subject.clone()));
        }
        if let Some(end) = self.expires_at {
            facts.push(Fact::new("Expires", Exact(self.frame.moment(&end))));
        }
        Facts(facts)
    }

    fn verdicts(&self) -> Facts {
        let verdict = |texts: &[String]| match texts {
            [] => Value::from(Badge::new(State::Good, "passes")),
            texts => Value::Lines(
                std::iter::once(Value::from(Badge::new(State::Broken, "refuses")))
                    .chain(texts.iter().map(|text| Value::from(text.clone())))
                    .collect(),
            ),
        };
        let policy = match self.permitted_by.as_str() {
            "" => Value::Absent,
            ids => Value::Sentence(vec![
                Badge::new(State::Good, "permits").into(),
                " ".into(),
                Value::Code(ids.to_owned()),
            ]),
        };
        Facts(vec![
            Fact::new("Lint", verdict(&self.findings)).with_gloss("asked again at the moment of signing"),
            Fact::new("Policy", policy).with_gloss("permitted the submission; asked again at the moment of signing"),
        ])
    }

    fn timeline(&self) -> Timeline {
        let event = |event: &HistoryEvent| {
            let (state, what) = words(&event.kind);
            let mut line = Event::new(self.frame.moment(&event.at), state, what).by(event.actor.clone());
            if !event.detail.is_empty() {
                line = line.because(event.detail.clone());
            }
            if !event.policies.is_empty() {
                line = line.permitted_by(event.policies.clone());
            }
            line
        };
        Timeline(self.history.iter().rev().map(event).collect())
    }
}

/// What the server calls an event, in words.
fn words(kind: &str) -> (State, &str) {
    match kind {
        "submitted" => (State::Pending, "Requested"),
        "changed" => (State::Soon, "Changed; approvals are void"),
        "overtaken" => (State::Soon, "Overtaken by a change around it; approvals are void"),
        "commented" => (State::Neutral, "Commented"),
        "approved" => (State::Good, "Approved"),
        "rejected" => (State::Broken, "Rejected"),
        "cancelled" => (State::Revoked, "Cancelled"),
        "expired" => (State::Neutral, "Expired"),
        "issued" => (State::Good, "Issued"),
        "failed" => (State::Broken, "Could not be issued"),
        "shared" => (State::Neutral, "A fetch code was made"),
        "key-delivered" => (State::Good, "The private key was handed over and destroyed here"),
        "key-destroyed" => (State::Revoked, "The private key was destroyed"),
        other => (State::Neutral, other),
    }
}
