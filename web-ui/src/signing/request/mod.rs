//! One signing request: how it stands, where it comes from, what it covers, what differs from the last release, who
//! agreed, and its history.

mod difference;
mod items;
mod provenance;
mod story;
mod votes;

use askama::Template;

pub use self::difference::{ChangedFact, ComparisonView, EarlierView};
pub use self::items::{ItemRow, ItemsView};
pub use self::provenance::ProvenanceView;
pub use self::story::SigningEvent;
pub use self::votes::{StageView, VoteView};

use super::{SigningEnvironment, counted, request_path};
use crate::RenderError;
use crate::frame::Frame;
use crate::parts::{
    Act, Callout, CalloutKind, Danger, Exact, Fact, Facts, Headline, Id, Link, Progress, Table, TextArea, Timeline,
    Value, grouped,
};

/// What is, or was, in the way of signing it.
#[derive(Clone, Debug)]
pub struct FailureView {
    /// What went wrong.
    pub detail: String,
    /// Whether the server tries again by itself.
    pub retryable: bool,
}

impl FailureView {
    fn callout(&self) -> Callout {
        let (kind, title, next) = match self.retryable {
            true => (CalloutKind::Waiting, "Signing is held up", "It goes on by itself as soon as that works."),
            false => {
                (CalloutKind::Denied, "It could not be signed", "It may be asked for again once that is put right.")
            }
        };
        let text = vec![Value::from(sentence(&self.detail)), format!(" {next} Nothing of it was released.").into()];
        Callout::new(kind, title).with_text(Value::Sentence(text))
    }
}

/// Our texts begin small and end without a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The certificate in the signatures.
#[derive(Clone, Debug)]
pub struct SignerView {
    /// Its id.
    pub id: String,
    /// Its serial number.
    pub serial: String,
    /// Last second of its validity.
    pub not_after: i64,
    /// When it was revoked, which withdraws the signatures.
    pub revoked_at: Option<i64>,
}

/// Why an act is not possible; none where it is.
#[derive(Clone, Debug, Default)]
pub struct SigningRefusals {
    /// Voting for it.
    pub approve: Option<String>,
    /// Ending it with a no.
    pub reject: Option<String>,
    /// Giving it up.
    pub cancel: Option<String>,
    /// Letting it through alone.
    pub break_glass: Option<String>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct SigningRequestPage {
    /// What surrounds it.
    pub frame: Frame,
    /// Its id.
    pub id: String,
    /// Where it stands, as in the API: `pending_approval`.
    pub state: String,
    /// Name of the profile.
    pub profile: String,
    /// The version of the profile that it is pinned to.
    pub profile_version: String,
    /// What the signatures are for.
    pub environment: SigningEnvironment,
    /// The kind of signature.
    pub format: String,
    /// What the submitter wrote: a version, a ticket. Perhaps empty.
    pub reason: String,
    /// Who asked.
    pub requester: String,
    /// When.
    pub created_at: i64,
    /// When it ends undecided; none once that is decided.
    pub expires_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Why it was rejected or gave no signatures.
    pub outcome: Option<String>,
    /// What is, or was, in the way of signing it.
    pub failure: Option<FailureView>,
    /// Who let it through alone, and why, if somebody did.
    pub glass: Option<String>,
    /// The hash of the digests, which an approval is for: `sha256:…`.
    pub digest_set: String,
    /// Where it comes from.
    pub provenance: ProvenanceView,
    /// What is to be signed.
    pub items: ItemsView,
    /// What differs from the last signed release.
    pub comparison: ComparisonView,
    /// Who must agree, and who did.
    pub stages: Vec<StageView>,
    /// The policies that permitted the submission.
    pub permitted_by: String,
    /// What happened, oldest first.
    pub history: Vec<SigningEvent>,
    /// The certificate in the signatures, once there is one.
    pub signer: Option<SignerView>,
    /// Why each act is not possible; none where it is.
    pub refusals: SigningRefusals,
    /// An approval was just refused: it was for other digests.
    pub was_stale: bool,
    /// What was typed into the comment and could not be taken, and why.
    pub comment: Option<(String, String)>,
    /// The reason that was typed for breaking glass, and why that was refused.
    pub glass_form: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "signing/request.html")]
struct Html<'a> {
    frame: &'a Frame,
    page: &'a SigningRequestPage,
    title: String,
    headline: Headline,
    progress: Option<Progress>,
    notes: Vec<Callout>,
    approvals: Facts,
    decides: bool,
    comment: TextArea,
    provenance: Facts,
    claims: Option<Facts>,
    difference: Option<Facts>,
    compared: Value,
    facts: Facts,
    items: Table,
    timeline: Timeline,
    danger: Option<Danger>,
}

impl SigningRequestPage {
    /// The page as HTML.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn render(&self) -> Result<String, RenderError> {
        let (typed, fault) = self.comment.clone().unzip();
        let comment = TextArea::new("comment", "Comment").with_rows(3).with_value(typed.unwrap_or_default());
        let html = Html {
            frame: &self.frame,
            page: self,
            title: self.items.title(),
            headline: self.headline(),
            progress: self.progress(),
            notes: self.notes(),
            approvals: votes::facts(&self.frame, &self.stages, &self.digest_set),
            decides: self.refusals.approve.is_none() || self.refusals.reject.is_none(),
            comment: comment.optional().with_error(fault),
            provenance: self.provenance.facts(),
            claims: self.provenance.claims(),
            difference: self.comparison.facts(),
            compared: self.comparison.sentence(&self.frame, &self.profile),
            facts: self.facts(),
            items: self.items.table(&self.address(), self.is_signed()),
            timeline: story::timeline(&self.frame, &self.history),
            danger: self.danger(),
        };
        html.render()
    }

    fn address(&self) -> String {
        request_path(&self.id)
    }

    fn is_signed(&self) -> bool {
        self.state == "signed"
    }

    /// Whether the server works on it.
    fn runs(&self) -> bool {
        matches!(self.state.as_str(), "approved" | "signing")
    }

    fn is_open(&self) -> bool {
        self.runs() || matches!(self.state.as_str(), "received" | "pending_approval")
    }

    fn headline(&self) -> Headline {
        let path = |act: &str| format!("{}/{act}", self.address());
        let mut head = Headline::new(self.items.title())
            .within(Link::new("/signing", "Signing"))
            .with_badge(super::badge(&self.state))
            .saying(story::sentence(self));
        if self.is_signed() {
            head = head.with_act(Act::download("Download signatures", path("bundle.zip")).primary());
        }
        if self.is_open() {
            let cancel = Act::post(&self.frame, "Cancel", path("cancel"));
            head = head.with_act(cancel.refused_because(self.refusals.cancel.clone()));
        }
        head
    }

    fn progress(&self) -> Option<Progress> {
        let (done, total) = (self.items.signed, self.items.total);
        let text = format!("Signing: {} of {}", grouped(&done), counted(total, "item", "items"));
        self.runs().then(|| Progress::new(text, done, total).running_at(self.items.address(&self.address())))
    }

    fn notes(&self) -> Vec<Callout> {
        let mut notes = Vec::new();
        if self.was_stale {
            let text = "What you decided about were other digests than these. Look at them again, then decide.";
            notes.push(Callout::denied("Nothing was decided: the digests differ").with_text(text));
        }
        if let Some(failure) = &self.failure {
            notes.push(failure.callout());
        }
        if let Some(glass) = &self.glass {
            let title = "One person let it through alone: glass was broken";
            notes.push(Callout::new(CalloutKind::Warning, title).with_text(glass.clone()));
        }
        if let Some(at) = self.signer.as_ref().and_then(|signer| signer.revoked_at) {
            let words = vec!["Its certificate was revoked ".into(), self.frame.moment(&at).into(), ".".into()];
            let callout = Callout::denied("These signatures are withdrawn");
            notes.push(callout.with_text(Value::Sentence(words)));
        }
        notes
    }

    fn facts(&self) -> Facts {
        let mut facts = vec![
            Fact::new("Profile", super::profile_link(&self.profile))
                .with_gloss(format!("version {}, to which the request is pinned", self.profile_version)),
            Fact::new("For", self.environment.tag()),
            Fact::new("Format", Value::Code(self.format.clone())).with_gloss(super::gloss(&self.format)),
            Fact::new("Items", self.items.total),
            Fact::new("Digest set", Id::new("hash of the digests", &self.digest_set))
                .with_gloss("format, names and digests; an approval is for exactly this"),
        ];
        if let Some(signer) = &self.signer {
            let words = vec![
                Link::new(format!("/certificates/{}", signer.id), signer.serial.clone()).into(),
                ", ends ".into(),
                self.frame.moment(&signer.not_after).into(),
            ];
            facts.push(Fact::new("Certificate", Value::Sentence(words)).with_gloss("the name in the signatures"));
        }
        if let Some(end) = self.expires_at {
            facts.push(Fact::new("Expires", Exact(self.frame.moment(&end))));
        }
        if !self.permitted_by.is_empty() {
            let gloss = "let it be submitted; policy is asked again at the moment of signing";
            facts.push(Fact::new("Permitted by", Value::Code(self.permitted_by.clone())).with_gloss(gloss));
        }
        Facts(facts)
    }

    fn danger(&self) -> Option<Danger> {
        if self.refusals.break_glass.is_some() || self.state != "pending_approval" {
            return None;
        }
        let consequences = vec![
            format!(
                "{} signed at once, without the approvals that {} asks for.",
                match self.items.total {
                    1 => "One item is".to_owned(),
                    many => format!("{} items are", grouped(&many)),
                },
                self.profile
            )
            .into(),
            "Everybody who looks after this installation is told, with your name and your reason.".into(),
            "It stands in the audit and in the list of what was signed for good: a signature cannot be taken back."
                .into(),
        ];
        let (typed, fault) = self.glass_form.clone().unzip();
        let reason = TextArea::new("reason", "Why it cannot wait").with_rows(3).with_value(typed.unwrap_or_default());
        let danger = Danger::new(
            &self.frame,
            "Break glass: let it through alone",
            format!("{}/break-glass", self.address()),
            "Break glass and sign",
            consequences,
        );
        Some(
            danger
                .with("digest_set", self.digest_set.clone())
                .with_comment(reason)
                .confirmed_by_typing(self.profile.clone(), fault),
        )
    }
}
