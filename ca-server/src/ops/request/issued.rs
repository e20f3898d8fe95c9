//! What is written beside the end of an issuance that is for a request, whoever comes to that end.

use super::history::Record;
use super::telling::Subject;
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::{IssuanceRequestId, RequestEventId, RequestEventKind};
use crate::store::issuance_intent::IssuanceFacts;
use crate::store::issuance_request::{self, StoredRequest};
use crate::store::issuance_request_event::RequestEvent;

/// The line of its history and the notices of the request that a certificate is for, if it is for one.
///
/// # Errors
/// When the database fails.
pub(crate) async fn record(app: &App, facts: &IssuanceFacts, actor: &str) -> Result<Option<Record>, OpError> {
    let Some(row) = request(app, facts).await? else { return Ok(None) };
    let event = event(app, row.id, RequestEventKind::Issued, actor, format!("serial {}", facts.serial));
    let subject = Subject { id: row.id, asked: &row.asked, requester: &row.requester };
    Ok(Some(Record::unaudited(event).telling(subject.issued(app, &facts.serial.to_string()))))
}

/// The same when the certificate will never be signed. `why` is for operators, `told` for everybody who hears of it.
///
/// # Errors
/// When the database fails.
pub(crate) async fn given_up(
    app: &App,
    facts: &IssuanceFacts,
    actor: &str,
    why: &str,
    told: &str,
) -> Result<Option<Record>, OpError> {
    let Some(row) = request(app, facts).await? else { return Ok(None) };
    let event = event(app, row.id, RequestEventKind::Failed, actor, why.to_owned());
    let subject = Subject { id: row.id, asked: &row.asked, requester: &row.requester };
    Ok(Some(Record::unaudited(event).telling(subject.ended(app, "failed", "this server", told))))
}

async fn request(app: &App, facts: &IssuanceFacts) -> Result<Option<StoredRequest>, OpError> {
    match issuance_request::of_submission(facts) {
        Some((id, _)) => Ok(app.store.read(move |c| issuance_request::by_id(c, id)).await?),
        None => Ok(None),
    }
}

fn event(app: &App, request: IssuanceRequestId, kind: RequestEventKind, actor: &str, detail: String) -> RequestEvent {
    RequestEvent {
        request_id: request,
        id: RequestEventId::new(app.entropy.uuid()),
        kind,
        actor: actor.to_owned(),
        detail,
        policies: String::new(),
        created_at: app.clock.now(),
    }
}
