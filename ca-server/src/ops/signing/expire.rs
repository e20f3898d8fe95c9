//! Ending requests whose time is over.

use ca_core::policy::Actor;
use ca_core::policy::action::ProcessSigning;
use ca_core::signing::{SigningEvent, SigningState};

use super::history::{Record, job_origin};
use super::{JOB, telling};
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::SigningEventKind;
use crate::store::signing_request::{self, StoredSigningRequest};
use crate::store::signing_request_list;

/// Requests taken at once.
const BATCH: i64 = 100;

/// Ends every open request whose time is over. One that was never completely submitted is forgotten.
///
/// # Errors
/// When the database fails.
pub async fn overdue(app: &App) -> Result<(), OpError> {
    let now = app.clock.now();
    for row in app.store.read(move |c| signing_request_list::overdue(c, now, BATCH)).await? {
        expire(app, row).await?;
    }
    Ok(())
}

async fn expire(app: &App, row: StoredSigningRequest) -> Result<(), OpError> {
    let reason = match row.state {
        SigningState::Signing | SigningState::Approved => "it could not be signed in time",
        _ => "nobody decided in time",
    };
    let act = ProcessSigning { request: row.id.to_string(), profile: row.profile.clone(), outcome: "expired" };
    let permitted = app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?;
    let told = telling::ended(app, &row, "expired", "this server", reason);
    let record = Record::of(app, &permitted, &job_origin(app), row.id, SigningEventKind::Expired, reason).telling(told);
    let now = app.clock.now();
    let write = app.store.write(move |c| {
        if row.state == SigningState::Received {
            return signing_request::forget(c, row.id);
        }
        if signing_request::end(c, &row, SigningEvent::Expire, reason, now)? {
            record.write(c)?;
        }
        Ok(())
    });
    write.await?;
    app.signing.tell();
    Ok(())
}
