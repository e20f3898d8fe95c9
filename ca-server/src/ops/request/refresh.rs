//! What stands around a request may change: a profile is edited, an issuer gets another key. Then the request asks for
//! something else than people approved, their approvals are void, and everybody sees why.

use ca_core::issuance_request::Difference;
use ca_core::issuance_request::state::Event;
use ca_core::policy::Actor;
use ca_core::policy::action::ProcessRequest;

use super::JOB;
use super::appraisal::asked;
use super::content::{KeyFacts, as_of_now};
use super::history::{Record, job_origin};
use super::load::{Loaded, load};
use super::telling::Subject;
use crate::app::App;
use crate::ops::OpError;
use crate::store::fields::RequestEventKind;
use crate::store::issuance_request;
use crate::store::issuance_request_revision::{self, Author};

/// The request as profiles and authorities of this moment have it. A difference is stored as a revision of its own.
///
/// # Errors
/// When profile or authority are gone, or the profile now stands against it.
pub(super) async fn refresh(app: &App, loaded: Loaded) -> Result<Loaded, OpError> {
    let open = loaded.row.state.after(Event::Change).is_ok();
    if !open {
        return Ok(loaded);
    }
    let (content, _) = as_of_now(app, loaded.content.terms())?;
    let difference = Difference::between(&loaded.content, &content);
    if difference.is_empty() {
        return Ok(loaded);
    }
    let row = loaded.row;
    let policies = app.policies.load();
    let gone = || OpError::Conflict(format!("the certificate profile {:?} is gone", row.asked.profile));
    let profile = policies.profile(&row.asked.profile).ok_or_else(gone)?;
    let key = KeyFacts::of(&content.terms().key)?.public_key;
    let asked = asked(&content, &key, profile, row.asked.owner.clone(), row.asked.notify.clone());
    let outcome = "changed";
    let act = ProcessRequest { request: row.id.to_string(), profile: row.asked.profile.clone(), outcome };
    let permitted = policies.engine().decide(&Actor::Job { name: JOB }, act)?;
    let subject = Subject { id: row.id, asked: &asked, requester: &row.requester };
    let told = subject.submitted(app, &format!(" Earlier approvals do not count: {difference}."));
    let (id, kind) = (row.id, RequestEventKind::Overtaken);
    let record = Record::of(app, &permitted, &job_origin(app), id, kind, difference.to_string());
    let record = record.about(row.next(content.digest())).telling(told);
    let (by, now) = (permitted.actor().to_string(), app.clock.now());
    let write = app.store.write(move |c| {
        // If somebody else was faster, what they stored is loaded below.
        if issuance_request::revise(c, &row, &asked)? {
            let by = Author { actor: &by, person: None };
            issuance_request_revision::insert(c, id, row.revision + 1, &content, by, now)?;
            record.write(c)?;
        }
        Ok(())
    });
    write.await?;
    load(app, id).await
}
