//! Giving a request up.

use ca_core::issuance_request::state::Event;
use ca_core::policy::Actor;
use ca_core::policy::action::CancelRequest;

use super::change::moved_on;
use super::comment::checked;
use super::history::Record;
use super::load::load;
use super::people;
use super::telling::Subject;
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::fields::{IssuanceRequestId, RequestEventKind};
use crate::store::issuance_request;

/// Ends a request for its requester.
///
/// # Errors
/// `Conflict` when it has ended, is being signed, or moved on; policy.
pub async fn cancel(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    id: IssuanceRequestId,
    reason: &str,
) -> Result<(), OpError> {
    let reason = checked(reason)?;
    let row = load(app, id).await?.row;
    let facts = people::facts(app, actor, &row).await?;
    let permitted = app.policies.load().engine().decide(actor, CancelRequest(facts))?;
    row.state.after(Event::Cancel).map_err(|refusal| OpError::Conflict(refusal.to_string()))?;
    let subject = Subject { id, asked: &row.asked, requester: &row.requester };
    let told = subject.ended(app, "cancelled", &actor.to_string(), &reason);
    let record = Record::of(app, &permitted, origin, id, RequestEventKind::Cancelled, reason.clone()).telling(told);
    let now = app.clock.now();
    let done = app.store.write(move |c| {
        let done = issuance_request::end(c, &row, Event::Cancel, Some(&reason), now)?;
        if done {
            record.write(c)?;
        }
        Ok(done)
    });
    done.await?.then_some(()).ok_or_else(moved_on)
}
