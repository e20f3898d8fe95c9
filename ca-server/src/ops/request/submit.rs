//! Asking for a certificate.

use ca_core::issuance_request::{RequestState, Version};
use ca_core::policy::Actor;

use super::appraisal::{Appraisal, appraise};
use super::history::Record;
use super::telling::Subject;
use super::wish::{Fault, Wish};
use super::{list, people, process};
use crate::app::App;
use crate::ops::OpError;
use crate::ops::acme::Origin;
use crate::store::StoreError;
use crate::store::error::UniqueKey;
use crate::store::fields::{IssuanceRequestId, RequestEventKind, Sha256};
use crate::store::issuance_request::{self, NewRequest, key_place};
use crate::store::issuance_request_list::{self, RequestFilter};
use crate::store::issuance_request_revision::{self, Author};

/// More than that is a script that went astray, and approvers would see nothing else.
const MOST_OPEN: i64 = 200;

/// What became of a submission.
#[derive(Debug)]
pub enum Submission {
    /// The request was made.
    Made(IssuanceRequestId),
    /// The same submission came before and made this request.
    MadeBefore(IssuanceRequestId),
    /// The wish cannot be granted as it is.
    Faulty(Vec<Fault>),
}

/// Submits a wish. Two submissions of the same actor with the same `key` are one, and of the same wish.
///
/// # Errors
/// `Conflict` when another wish was submitted with the `key`, or the person has too many open requests. When lint, the list
/// of blocked keys or a policy stands against it, or a part of the server is away.
pub async fn submit(
    app: &App,
    actor: &Actor,
    origin: &Origin,
    wish: &Wish,
    key: Option<&str>,
) -> Result<Submission, OpError> {
    list::admit(app, actor)?;
    let submission = key.map(|key| (format!("{actor} {key}"), wish.digest()));
    if let Some(before) = made_before(app, submission.clone()).await? {
        return Ok(Submission::MadeBefore(before));
    }
    let mut appraisal = match appraise(app, wish, None).await? {
        Ok(appraisal) => appraisal,
        Err(faults) => return Ok(Submission::Faulty(faults)),
    };
    let permitted = app.policies.load().engine().decide(actor, appraisal.act())?;
    require_room(app, actor).await?;
    appraisal.look_up_key(app).await?;
    appraisal.require_clean()?;
    appraisal.make_key(app).await?;
    let new = new_request(app, actor, &appraisal, submission.clone()).await?;
    let id = new.id;
    let subject = Subject { id, asked: &new.asked, requester: &new.requester };
    let record = Record::of(app, &permitted, origin, id, RequestEventKind::Submitted, "");
    let content = appraisal.request;
    let version = Version { revision: 1, digest: content.digest() };
    let record = record.about(version).telling(subject.submitted(app, ""));
    let stored = app.store.write(move |c| {
        issuance_request::insert(c, &new)?;
        let by = Author { actor: &new.requester, person: new.requester_person.as_deref() };
        issuance_request_revision::insert(c, id, 1, &content, by, new.created_at)?;
        record.write(c)
    });
    match stored.await {
        Ok(()) => {}
        Err(StoreError::Conflict(UniqueKey::Submission)) => {
            let lost = || OpError::Integrity("a submission is taken and not there".to_owned());
            return Ok(Submission::MadeBefore(made_before(app, submission).await?.ok_or_else(lost)?));
        }
        Err(error) => return Err(error.into()),
    }
    process::now(app, id).await;
    Ok(Submission::Made(id))
}

async fn require_room(app: &App, actor: &Actor) -> Result<(), OpError> {
    let Some(person) = people::person(app, actor).await? else { return Ok(()) };
    let open = vec![RequestState::Pending, RequestState::Approved, RequestState::Issuing];
    let filter = RequestFilter { states: open, requester: Some(person), ..RequestFilter::default() };
    let found = app.store.read(move |c| issuance_request_list::count(c, &filter, MOST_OPEN)).await?;
    if i64::try_from(found).is_ok_and(|found| found < MOST_OPEN) {
        return Ok(());
    }
    let rule = format!("one person has at most {MOST_OPEN} open requests: wait for others to decide, or cancel some");
    Err(OpError::Conflict(rule))
}

async fn made_before(app: &App, submission: Option<(String, Sha256)>) -> Result<Option<IssuanceRequestId>, OpError> {
    let Some((key, digest)) = submission else { return Ok(None) };
    match app.store.read(move |c| issuance_request::by_submission(c, &key)).await? {
        Some((id, before)) if before == digest => Ok(Some(id)),
        Some(_) => Err(OpError::Conflict("this form was sent before, with other contents: open a new one".to_owned())),
        None => Ok(None),
    }
}

async fn new_request(
    app: &App,
    actor: &Actor,
    appraisal: &Appraisal,
    submission: Option<(String, Sha256)>,
) -> Result<NewRequest, OpError> {
    let (id, now) = (IssuanceRequestId::new(app.entropy.uuid()), app.clock.now());
    let row = id.to_string();
    let private_key = match &appraisal.generated {
        Some(made) => {
            Some(app.secrets.seal(&app.store, &app.hsms, &app.entropy, key_place(&row), &made.private_key).await?)
        }
        None => None,
    };
    Ok(NewRequest {
        id,
        asked: appraisal.asked(),
        requester: actor.to_string(),
        requester_person: people::person(app, actor).await?,
        submission,
        private_key,
        created_at: now,
        expires_at: now.plus(app.settings.requests.expires_after),
    })
}
