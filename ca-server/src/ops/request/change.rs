//! Asking for something else in an open request. Every approval is void then, and the difference is on record. Who answers
//! for the certificate, and who hears of it, is no part of what is approved.

use ca_core::issuance_request::state::Event;
use ca_core::issuance_request::{Difference, RequestedKey, Terms};
use ca_core::policy::action::ChangeRequest;
use ca_core::policy::{Actor, Permitted};

use super::appraisal::appraise;
use super::content::KeyFacts;
use super::history::Record;
use super::load::load;
use super::telling::Subject;
use super::wish::{Fault, Wish, WishedKey};
use super::{people, process};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::fields::{IssuanceRequestId, RequestEventKind};
use crate::store::issuance_request::{self, Asked, StoredRequest};
use crate::store::issuance_request_revision::{self, Author};

/// Nobody follows a request that is another one each time they look.
const MOST_REVISIONS: i64 = 50;

/// What became of a change.
#[derive(Debug)]
pub enum Changed {
    /// The request asks for something else now.
    Done(Difference),
    /// It asked for exactly this already.
    Nothing,
    /// The wish cannot be granted as it is.
    Faulty(Vec<Fault>),
}

/// Puts `wish` in place of what the request asks for.
///
/// # Errors
/// As for a submission; `Conflict` when the request has ended, is being signed, or changed at the same moment.
pub async fn change(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    id: IssuanceRequestId,
    wish: &Wish,
) -> Result<Changed, OpError> {
    let loaded = load(app, id).await?;
    let facts = people::facts(app, actor, &loaded.row).await?;
    let permitted = app.policies.load().engine().decide(actor, ChangeRequest(facts))?;
    loaded.row.state.after(Event::Change).map_err(|refusal| OpError::Conflict(refusal.to_string()))?;
    if loaded.row.revision >= MOST_REVISIONS {
        let rule = format!("a request is changed at most {MOST_REVISIONS} times: cancel it and submit another");
        return Err(OpError::Conflict(rule));
    }
    if matches!(wish.key, WishedKey::Generate(_)) {
        let text = "a request keeps its key: submit another request for a key that this server makes";
        return Ok(Changed::Faulty(vec![Fault::new("key", text)]));
    }
    let kept = KeyFacts::of(&loaded.content.terms().key)?;
    let mut appraisal = match appraise(app, wish, Some(kept)).await? {
        Ok(appraisal) => appraisal,
        Err(faults) => return Ok(Changed::Faulty(faults)),
    };
    let _ = app.policies.load().engine().decide(actor, appraisal.act())?;
    appraisal.look_up_key(app).await?;
    appraisal.require_clean()?;
    let difference = Difference::between(&loaded.content, &appraisal.request);
    let asked = appraisal.asked();
    if difference.is_empty() {
        return readdress(app, &permitted, origin, loaded.row, asked).await;
    }
    let subject = Subject { id, asked: &asked, requester: &loaded.row.requester };
    let told = subject.submitted(app, " What it asked for before was changed; earlier approvals do not count.");
    let version = loaded.row.next(appraisal.request.digest());
    let record = Record::of(app, &permitted, origin, id, RequestEventKind::Changed, difference.to_string());
    let record = record.about(version).telling(told);
    let person = people::person(app, actor).await?;
    let dropped = drops_key(loaded.content.terms(), appraisal.request.terms()).then(|| {
        let why = "the request asks for another key";
        Record::of(app, &permitted, origin, id, RequestEventKind::KeyDestroyed, why)
    });
    let (row, content, by, now) = (loaded.row, appraisal.request, actor.to_string(), app.clock.now());
    let done = app.store.write(move |c| {
        if !issuance_request::revise(c, &row, &asked)? {
            return Ok(false);
        }
        let by = Author { actor: &by, person: person.as_deref() };
        issuance_request_revision::insert(c, id, row.revision + 1, &content, by, now)?;
        record.write(c)?;
        if let Some(dropped) = &dropped
            && issuance_request::destroy_key(c, id, None)?
        {
            dropped.write(c)?;
        }
        Ok(true)
    });
    if !done.await? {
        return Err(moved_on());
    }
    process::now(app, id).await;
    Ok(Changed::Done(difference))
}

/// Whether the key that this server made is of no use any more: nobody could take it with the certificate of another one.
fn drops_key(before: &Terms, now: &Terms) -> bool {
    matches!(before.key, RequestedKey::Generated(_)) && before.key != now.key
}

/// Another owner, or another address to tell: nobody approves that, so every approval stays.
async fn readdress(
    app: &App,
    permitted: &Permitted<ChangeRequest>,
    origin: &Origin,
    row: StoredRequest,
    asked: Asked,
) -> Result<Changed, OpError> {
    if asked == row.asked {
        return Ok(Changed::Nothing);
    }
    let detail = "who answers for it, or who hears of it; approvals stay";
    let record = Record::of(app, permitted, origin, row.id, RequestEventKind::Changed, detail);
    let done = app.store.write(move |c| {
        let done = issuance_request::readdress(c, &row, asked.owner.as_deref(), asked.notify.as_deref())?;
        if done {
            record.write(c)?;
        }
        Ok(done)
    });
    done.await?.then(|| Changed::Done(Difference::default())).ok_or_else(moved_on)
}

/// Somebody else did something to the request at the same moment.
pub(super) fn moved_on() -> OpError {
    OpError::Conflict("the request has moved on while you looked at it: look again".to_owned())
}
