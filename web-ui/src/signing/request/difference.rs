//! What differs from the last signed release of the profile.

use crate::certificates::shortened;
use crate::frame::Frame;
use crate::parts::{Fact, Facts, Link, Value, grouped};
use crate::signing::request_path;

/// Names of a kind that are shown; the rest is counted.
const SHOWN: usize = 5;

/// What a request is compared with.
#[derive(Clone, Debug)]
pub enum ComparisonView {
    /// Nothing was signed under the profile yet.
    First,
    /// The last request that was signed.
    With(EarlierView),
}

/// What differs from an earlier request.
#[derive(Clone, Debug)]
pub struct EarlierView {
    /// Id of the earlier one.
    pub id: String,
    /// What was written with it; perhaps empty.
    pub reason: String,
    /// When it was signed.
    pub signed_at: i64,
    /// Names that are new.
    pub added: Vec<String>,
    /// Names that are gone.
    pub removed: Vec<String>,
    /// Names whose digest is another.
    pub changed: Vec<String>,
    /// How many are the same.
    pub same: u64,
    /// What else is different: claims, the mode of the certificate, the profile's version.
    pub facts: Vec<ChangedFact>,
}

/// Something that was one way and is another.
#[derive(Clone, Debug)]
pub struct ChangedFact {
    /// What: `ref`, `certificate`.
    pub what: String,
    /// How it was; none if it was not there.
    pub before: Option<String>,
    /// How it is; none if it is not there.
    pub now: Option<String>,
}

impl ComparisonView {
    pub(super) fn sentence(&self, frame: &Frame, profile: &str) -> Value {
        match self {
            Self::First => {
                format!("Nothing was signed under {profile} before: there is nothing to compare it with.").into()
            }
            Self::With(earlier) => {
                let name = if earlier.reason.is_empty() { "the last release" } else { &earlier.reason };
                Value::Sentence(vec![
                    "Compared with ".into(),
                    Link::new(request_path(&earlier.id), shortened(name, 60)).into(),
                    ", signed ".into(),
                    frame.moment(&earlier.signed_at).into(),
                    ":".into(),
                ])
            }
        }
    }

    pub(super) fn facts(&self) -> Option<Facts> {
        let Self::With(earlier) = self else { return None };
        Some(Facts(earlier.facts()))
    }
}

impl EarlierView {
    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![
            Fact::new("Changed", names(&self.changed)).with_gloss("the same name, another digest"),
            Fact::new("Added", names(&self.added)),
            Fact::new("Removed", names(&self.removed)),
            Fact::new("The same", self.same),
        ];
        facts.extend(self.facts.iter().map(ChangedFact::fact));
        facts
    }
}

impl ChangedFact {
    fn fact(&self) -> Fact {
        let side = |text: &Option<String>| {
            text.as_ref().map_or(Value::Quiet("not there".into()), |text| Value::Code(text.clone()))
        };
        let words = vec![side(&self.before), " → ".into(), side(&self.now)];
        Fact::new(self.what.clone(), Value::Sentence(words))
    }
}

/// The first names and how many more there are.
fn names(names: &[String]) -> Value {
    if names.is_empty() {
        return Value::Quiet("none".to_owned());
    }
    let mut lines: Vec<Value> = names.iter().take(SHOWN).map(|name| Value::Code(shortened(name, 100))).collect();
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let more = grouped(&more.try_into().unwrap_or(u64::MAX));
        lines.push(Value::Quiet(format!("and {more} more")));
    }
    Value::Lines(lines)
}
