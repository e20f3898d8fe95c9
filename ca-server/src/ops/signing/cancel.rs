//! Giving a request for signatures up.

use ca_core::policy::Actor;
use ca_core::policy::action::CancelSigning;
use ca_core::signing::SigningEvent;

use super::history::Record;
use super::load::load;
use super::vote::moved_on;
use super::{people, telling};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::fields::{SigningEventKind, SigningRequestId};
use crate::store::signing_request;

/// Ends a request for whoever asked, or by a security officer.
///
/// # Errors
/// `Conflict` when it has ended or is being signed; policy.
pub async fn cancel(app: &App, actor: &Actor, origin: &Origin, id: SigningRequestId) -> Result<(), OpError> {
    let loaded = load(app, id).await?;
    let facts = people::facts(app, actor, &loaded).await?;
    let permitted = app.policies.load().engine().decide(actor, CancelSigning(facts))?;
    loaded.row.state.after(SigningEvent::Cancel).map_err(|refusal| OpError::Conflict(refusal.to_string()))?;
    let told = telling::ended(app, &loaded.row, "cancelled", &actor.to_string(), "");
    let record = Record::of(app, &permitted, origin, id, SigningEventKind::Cancelled, "").telling(told);
    let (row, now) = (loaded.row, app.clock.now());
    let write = app.store.write(move |c| {
        let done = signing_request::end(c, &row, SigningEvent::Cancel, "", now)?;
        if done {
            record.write(c)?;
        }
        Ok(done)
    });
    write.await?.then_some(()).ok_or_else(moved_on)?;
    app.signing.tell();
    Ok(())
}
