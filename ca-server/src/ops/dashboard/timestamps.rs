//! A clock that cannot be believed.

use super::need::{Need, Place, Urgency};
use crate::app::App;
use crate::ops::timestamp::diagnosis;

pub(super) fn needs(app: &App) -> Option<Need> {
    diagnosis::fault(app).map(|fault| Need {
        urgency: Urgency::Broken,
        what: "Nothing is stamped".to_owned(),
        detail: fault.to_string(),
        place: Place::Clock,
    })
}
