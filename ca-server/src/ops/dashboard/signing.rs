//! Requests for signatures that wait for people, and signing profiles that are not as they should be.

use ca_core::policy::Actor;
use ca_core::policy::action::ListSigningProfiles;
use ca_core::signing::SigningState;

use super::need::{Need, Place, Urgency};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::signing::care;
use crate::ops::signing::list::{self, Wanted};
use crate::store::fields::SigningCheckKind;
use crate::store::signing_check::SigningCheck;

/// Requests that are counted.
const COUNTED: i64 = 100;

/// Whoever may not see them is not told of them.
pub(super) async fn needs(app: &App, actor: &Actor) -> Result<Vec<Need>, OpError> {
    let mut needs = profiles(app, actor).await?;
    needs.extend(pending(app, actor).await?);
    Ok(needs)
}

async fn profiles(app: &App, actor: &Actor) -> Result<Vec<Need>, OpError> {
    if app.policies.load().engine().decide(actor, ListSigningProfiles).is_err() {
        return Ok(Vec::new());
    }
    let need = |row: SigningCheck| {
        let profile = &row.profile;
        let (urgency, what) = match row.kind {
            SigningCheckKind::Renewal => {
                (Urgency::Soon, format!("The certificate of the signing profile {profile} is not renewed"))
            }
            SigningCheckKind::Canary => (Urgency::Broken, format!("The signing profile {profile} cannot sign")),
        };
        Some(Need { urgency, what, detail: row.fault?, place: Place::SigningProfile(row.profile) })
    };
    Ok(care::all(app).await?.into_iter().filter_map(need).collect())
}

async fn pending(app: &App, actor: &Actor) -> Result<Option<Need>, OpError> {
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
