//! Settings: what security officers look after.

mod operators;
mod policy;
mod replay;

pub use operators::{OneTimePasswordPage, OperatorPage, OperatorRow, OperatorsPage};
pub use policy::{AnswerView, OneAnswerView, PolicyPage, PolicyView, QuestionText};
pub use replay::{ChangedRow, ProposalText, ReplayPage, ReplayView};

use crate::parts::{Tab, Tabs};

/// The pages of this section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Operators,
    Policy,
}

fn tabs(here: Place) -> Tabs {
    let tab = |label: &str, href: &str, place| Tab::new(label, href).here_if(place == here);
    Tabs::new(
        "Settings",
        vec![
            tab("Operators", "/settings/operators", Place::Operators),
            tab("Policy", "/settings/policy", Place::Policy),
        ],
    )
}
