//! Who must agree, and who did.

use crate::frame::Frame;
use crate::parts::{Badge, Fact, Facts, Id, State, Value};
use crate::signing::counted;

/// One stage of the approval.
#[derive(Clone, Debug)]
pub struct StageView {
    /// The role that its people hold.
    pub group: String,
    /// How many of them must agree.
    pub need: u32,
    /// Those who did.
    pub votes: Vec<VoteView>,
}

/// Somebody who agreed.
#[derive(Clone, Debug)]
pub struct VoteView {
    /// Sign-in name.
    pub name: String,
    /// When.
    pub at: i64,
    /// What they wrote; perhaps empty.
    pub comment: String,
    /// Why the vote does not count, if it does not.
    pub void: Option<String>,
}

impl StageView {
    /// Votes that count, at most as many as are needed.
    pub(super) fn have(&self) -> u32 {
        let counted = self.votes.iter().filter(|vote| vote.void.is_none()).count();
        u32::try_from(counted).unwrap_or(u32::MAX).min(self.need)
    }
}

pub(super) fn facts(frame: &Frame, stages: &[StageView], digest_set: &str) -> Facts {
    let open = stages.iter().position(|stage| stage.have() < stage.need);
    let label = |index: usize| match stages.len() {
        1 => "Approvals".to_owned(),
        _ => format!("Stage {}", index + 1),
    };
    let fact = |(index, stage): (usize, &StageView)| {
        let state = match open {
            Some(open) if index == open => Badge::new(State::Pending, "open"),
            Some(open) if index > open => Badge::new(State::Neutral, "comes later"),
            _ => Badge::new(State::Good, "complete"),
        };
        let head = Value::Sentence(vec![format!("{} of {} ", stage.have(), stage.need).into(), state.into()]);
        let lines = std::iter::once(head).chain(stage.votes.iter().map(|vote| vote.line(frame)));
        let people = counted(stage.need.into(), "person", "different people");
        Fact::new(label(index), Value::Lines(lines.collect()))
            .with_gloss(format!("{people} with the role {}, and never who asked", stage.group))
    };
    let mut facts: Vec<Fact> = stages.iter().enumerate().map(fact).collect();
    if facts.is_empty() {
        facts.push(Fact::new("Approvals", "none needed").with_gloss("the profile asks nobody"));
    }
    facts.push(
        Fact::new("Digest set", Id::new("hash of the digests", digest_set))
            .with_gloss("an approval is for exactly these names and digests"),
    );
    Facts(facts)
}

impl VoteView {
    fn line(&self, frame: &Frame) -> Value {
        let mut words = vec![Value::from(format!("{} ", self.name)), frame.moment(&self.at).into()];
        words.extend(self.void.iter().map(|why| Value::Quiet(format!(" (does not count: {why})"))));
        let line = Value::Sentence(words);
        if self.comment.is_empty() { line } else { line.with_under(format!("“{}”", self.comment)) }
    }
}
