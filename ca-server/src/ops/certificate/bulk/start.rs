//! Starting a change: what was confirmed is noted down, then a job begins.

use ca_core::policy::Actor;
use ca_core::policy::action::ChangeInBulk;

use super::acting;
use super::change::Change;
use super::run;
use super::selection::{Selection, Summary, summary};
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::{OpError, audit};
use crate::store::bulk_change::{self, NewBulkChange};
use crate::store::fields::{BulkChangeId, CertificateId};
use crate::store::{audit_event, job};

/// Certificates noted down in one write.
const PIECE: usize = 400;

/// What somebody confirmed.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// What is to be done.
    pub change: Change,
    /// To which certificates.
    pub selection: Selection,
    /// How they were chosen, in words.
    pub words: String,
    /// [`Summary::digest`] of what was shown; none where nobody was shown anything.
    pub digest: Option<String>,
}

/// Notes the certificates down and lets a job begin; answers the id under which progress is shown.
///
/// # Errors
/// `Conflict` when the selection is empty, too large, or another than the one that was confirmed; policy and database.
pub async fn start(app: &App, actor: &Actor, origin: &Origin, asked: Confirmed) -> Result<BulkChangeId, OpError> {
    let chosen = summary(app, actor, &asked.selection).await?;
    check(&chosen, &asked)?;
    let kind = asked.change.kind();
    let act = ChangeInBulk { change: kind.as_str().to_owned(), certificates: chosen.total() };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let cannot = || OpError::Conflict(format!("{actor} starts no change to many certificates"));
    let acting_as = acting::store(actor).ok_or_else(cannot)?;
    let id = BulkChangeId::new(app.entropy.uuid());
    let now = app.clock.now();
    let new = NewBulkChange {
        id,
        kind,
        parameters: asked.change.parameters(),
        selection: asked.words,
        actor: actor.to_string(),
        acting_as,
        origin: origin.address.clone(),
        request_id: origin.request_id.clone(),
        created_at: now,
    };
    app.store.write(move |c| bulk_change::insert(c, &new)).await?;
    note(app, id, &chosen.ids).await?;
    let (event, begun) = (audit::event(app, &permitted, origin, object(id)), run::job(app, id, now));
    let total = chosen.total();
    app.store
        .write(move |c| {
            bulk_change::begin(c, id, total)?;
            audit_event::insert(c, &event)?;
            job::enqueue(c, &begun)
        })
        .await?;
    app.bell.notify_one();
    Ok(id)
}

/// How the audit trail names a change.
pub(super) fn object(id: BulkChangeId) -> String {
    format!("bulk change {id}")
}

fn check(chosen: &Summary, asked: &Confirmed) -> Result<(), OpError> {
    if chosen.ids.is_empty() {
        return Err(OpError::Conflict("no certificate is chosen".to_owned()));
    }
    match &asked.digest {
        Some(digest) if *digest != chosen.digest() => {
            let rule =
                "the certificates that the filter finds are others than those that were shown: look at them again";
            Err(OpError::Conflict(rule.to_owned()))
        }
        _ => Ok(()),
    }
}

/// Until the change begins, nothing reads these rows; retention removes those of a change that never began.
async fn note(app: &App, id: BulkChangeId, certificates: &[CertificateId]) -> Result<(), OpError> {
    let mut start = 0;
    for piece in certificates.chunks(PIECE) {
        let piece = piece.to_vec();
        let next = start + i64::try_from(piece.len()).unwrap_or_default();
        app.store.write(move |c| bulk_change::add(c, id, start, &piece)).await?;
        start = next;
    }
    Ok(())
}
