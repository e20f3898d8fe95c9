//! Saying something about a request.

use ca_core::acme::Problem;
use ca_core::policy::Actor;
use ca_core::policy::action::CommentRequest;

use super::history::Record;
use super::load::load;
use super::{LONGEST_COMMENT, people};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::fields::{IssuanceRequestId, RequestEventKind};
use crate::store::issuance_request_event;

/// More comments than that is a conversation to be held elsewhere.
const MOST_COMMENTS: i64 = 200;

/// Adds a comment.
///
/// # Errors
/// When it is empty or too long, or the policy denies it.
pub async fn comment(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    id: IssuanceRequestId,
    text: &str,
) -> Result<(), OpError> {
    let text = checked(text)?;
    if text.is_empty() {
        return Err(Problem::malformed("a comment says something").into());
    }
    let row = load(app, id).await?.row;
    let facts = people::facts(app, actor, &row).await?;
    let permitted = app.policies.load().engine().decide(actor, CommentRequest(facts))?;
    let record = Record::of(app, &permitted, origin, id, RequestEventKind::Commented, text);
    let stored = app.store.write(move |c| {
        if issuance_request_event::count(c, id, RequestEventKind::Commented)? >= MOST_COMMENTS {
            return Ok(false);
        }
        // The same form sent twice is one comment.
        let last = issuance_request_event::of_request(c, id, 1)?.pop();
        if !last.is_some_and(|last| record.repeats(&last)) {
            record.write(c)?;
        }
        Ok(true)
    });
    let full = || OpError::Conflict(format!("a request takes at most {MOST_COMMENTS} comments"));
    stored.await?.then_some(()).ok_or_else(full)
}

/// A text that people typed: of bearable length, with one kind of line end and without other control characters.
pub(in crate::ops) fn checked(text: &str) -> Result<String, OpError> {
    let text = text.trim().replace("\r\n", "\n");
    if text.chars().count() > LONGEST_COMMENT {
        return Err(Problem::malformed(format!("at most {LONGEST_COMMENT} characters")).into());
    }
    Ok(text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect())
}
