//! Requests for signatures that wait for people.

use ca_core::policy::Actor;
use ca_core::signing::SigningState;

use super::need::{Need, Place, Urgency};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::signing::list::{self, Wanted};

/// Requests that are counted.
const COUNTED: i64 = 100;

/// Whoever may not see them is not told of them.
pub(super) async fn needs(app: &App, actor: &Actor) -> Result<Option<Need>, OpError> {
    let wanted = Wanted { state: Some(SigningState::PendingApproval), ..Wanted::default() };
    let found = match list::list(app, actor, &wanted, None, COUNTED).await {
        Ok(found) => found,
        Err(OpError::Denied(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let what = match found.items.len() {
        0 => return Ok(None),
        1 => "One signing request waits for approval".to_owned(),
        many if found.next.is_some() => format!("More than {many} signing requests wait for approval"),
        many => format!("{many} signing requests wait for approval"),
    };
    let detail = "Builds wait for them. Each says where it comes from and what is different.".to_owned();
    Ok(Some(Need { urgency: Urgency::Waiting, what, detail, place: Place::Signing }))
}
