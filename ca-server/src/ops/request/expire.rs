//! Ending requests that nobody decided, and destroying private keys that nobody took.

use ca_core::issuance_request::state::Event;
use ca_core::policy::Actor;
use ca_core::policy::action::ProcessRequest;

use super::JOB;
use super::history::{Record, job_origin};
use super::telling::Subject;
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::RequestEventKind;
use crate::store::issuance_request::{self, StoredRequest};
use crate::store::issuance_request_list;

/// Requests taken at once.
const BATCH: i64 = 100;

/// Ends every open request whose time is over.
///
/// # Errors
/// When the database fails.
pub async fn overdue(app: &App) -> Result<(), OpError> {
    let now = app.clock.now();
    for row in app.store.read(move |c| issuance_request_list::overdue(c, now, BATCH)).await? {
        expire(app, row).await?;
    }
    Ok(())
}

async fn expire(app: &App, row: StoredRequest) -> Result<(), OpError> {
    let reason = "nobody decided in time";
    let subject = Subject { id: row.id, asked: &row.asked, requester: &row.requester };
    let told = subject.ended(app, "expired", "this server", reason);
    let record = job_record(app, &row, "expired", RequestEventKind::Expired, reason)?.telling(told);
    let now = app.clock.now();
    let write = app.store.write(move |c| {
        if issuance_request::end(c, &row, Event::Expire, Some(reason), now)? {
            record.write(c)?;
        }
        Ok(())
    });
    Ok(write.await?)
}

/// Destroys private keys whose requesters did not take them in time.
///
/// # Errors
/// When the database fails.
pub async fn forgotten_keys(app: &App) -> Result<(), OpError> {
    let before = app.clock.now().minus(app.settings.requests.keys_kept_for);
    for row in app.store.read(move |c| issuance_request_list::forgotten_keys(c, before, BATCH)).await? {
        let reason = "its requester did not take it in time";
        let record = job_record(app, &row, "key-destroyed", RequestEventKind::KeyDestroyed, reason)?;
        let write = app.store.write(move |c| {
            if issuance_request::destroy_key(c, row.id, None)? {
                record.write(c)?;
            }
            Ok(())
        });
        write.await?;
    }
    Ok(())
}

fn job_record(
    app: &App,
    row: &StoredRequest,
    outcome: &'static str,
    kind: RequestEventKind,
    reason: &str,
) -> Result<Record, OpError> {
    let act = ProcessRequest { request: row.id.to_string(), profile: row.asked.profile.clone(), outcome };
    let permitted = app.policies.load().engine().decide(&Actor::Job { name: JOB }, act)?;
    Ok(Record::of(app, &permitted, &job_origin(app), row.id, kind, reason))
}
