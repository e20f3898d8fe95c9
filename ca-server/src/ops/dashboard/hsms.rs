//! HSMs that do not sign.

use ca_core::policy::Actor;

use super::need::{Need, Place, Urgency};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::hsm;

pub(super) fn needs(app: &App, actor: &Actor) -> Result<Vec<Need>, OpError> {
    let down = hsm::all(app, actor)?.into_iter().filter(|hsm| hsm.history.is_down());
    let need = |hsm: hsm::HsmOverview| Need {
        urgency: Urgency::Broken,
        what: format!("HSM {} does not sign", hsm.name),
        detail: hsm.history.last_fault.map(|fault| fault.text).unwrap_or_default(),
        place: Place::Hsm(hsm.name),
    };
    Ok(down.map(need).collect())
}
