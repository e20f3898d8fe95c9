//! Finding requests.

use ca_core::issuance_request::RequestState;
use ca_core::policy::Actor;
use ca_core::policy::action::ListRequests;

use super::people;
use crate::app::App;
use crate::ops::OpError;
use crate::store::issuance_request_list;

pub use crate::store::issuance_request::StoredRequest;
pub use crate::store::issuance_request_list::{Cursor, RequestFilter};

/// Which pile is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pile {
    /// What waits for the vote of whoever looks.
    #[default]
    Waiting,
    /// What whoever looks asked for.
    Mine,
    /// Everything.
    All,
}

/// Narrows a pile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Only this state.
    pub state: Option<RequestState>,
    /// Only this profile.
    pub profile: Option<String>,
}

/// More than this is "many".
const MANY: i64 = 100;

/// One page of a pile, newest first.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn list(
    app: &App,
    actor: &Actor,
    pile: Pile,
    narrowing: &Narrowing,
    cursor: Cursor,
    limit: i64,
) -> Result<Vec<StoredRequest>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListRequests)?;
    let mut filter = filter(pile, people::person(app, actor).await?);
    filter.profile.clone_from(&narrowing.profile);
    if let Some(state) = narrowing.state {
        filter.states = vec![state];
    }
    Ok(app.store.read(move |c| issuance_request_list::list(c, &filter, cursor, limit)).await?)
}

/// How many requests wait for the vote of `actor`, up to a hundred.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn waiting(app: &App, actor: &Actor) -> Result<usize, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListRequests)?;
    let filter = filter(Pile::Waiting, people::person(app, actor).await?);
    Ok(app.store.read(move |c| issuance_request_list::count(c, &filter, MANY)).await?)
}

/// Whoever may not look at requests asks for nothing either, and is not told what would be wrong with it.
///
/// # Errors
/// When the policy denies it.
pub fn admit(app: &App, actor: &Actor) -> Result<(), OpError> {
    let _ = app.policies.load().engine().decide(actor, ListRequests)?;
    Ok(())
}

fn filter(pile: Pile, person: Option<String>) -> RequestFilter {
    match pile {
        Pile::All => RequestFilter::default(),
        Pile::Mine => RequestFilter { requester: Some(person.unwrap_or_default()), ..RequestFilter::default() },
        Pile::Waiting => RequestFilter {
            states: vec![RequestState::Pending],
            not_requester: person.clone(),
            not_voted_by: person,
            ..RequestFilter::default()
        },
    }
}
