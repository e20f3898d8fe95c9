//! Finding requests for signatures.

use ca_core::policy::Actor;
use ca_core::policy::action::ListSigning;
use ca_core::signing::SigningState;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::listing::Listing;
use crate::ops::request::people::person;
use crate::store::fields::SigningRequestId;
use crate::store::signing_request_list::{self, SigningFilter};

pub use crate::store::signing_request::StoredSigningRequest;

/// Which requests are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Only in this state.
    pub state: Option<SigningState>,
    /// Only under this profile.
    pub profile: Option<String>,
    /// Only those that wait for the vote of whoever looks.
    pub waiting: bool,
}

/// One page, newest first.
///
/// # Errors
/// Policy; when the database fails.
pub async fn list(
    app: &App,
    actor: &Actor,
    wanted: &Wanted,
    after: Option<SigningRequestId>,
    limit: i64,
) -> Result<Listing<StoredSigningRequest>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListSigning)?;
    let mut filter = SigningFilter {
        states: wanted.state.into_iter().collect(),
        profile: wanted.profile.clone(),
        ..SigningFilter::default()
    };
    if wanted.waiting {
        let person = person(app, actor).await?;
        filter.states = vec![SigningState::PendingApproval];
        (filter.not_requester, filter.not_voted_by) = (person.clone(), person);
    }
    let found = app.store.read(move |c| signing_request_list::list(c, &filter, after, limit + 1)).await?;
    Ok(Listing::of_rows(found, limit, |row| row.id.to_string()))
}
