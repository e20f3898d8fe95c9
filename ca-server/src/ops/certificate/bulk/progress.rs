//! How far a change has come.

use ca_core::policy::Actor;
use ca_core::policy::action::{ChangeInBulk, ListCertificates};

use super::start::object;
use crate::app::App;
use crate::ops::acme::Origin;
use crate::ops::listing::Listing;
use crate::ops::{OpError, audit};
use crate::store::audit_event;
use crate::store::bulk_change::{self, BulkChange, RefusedItem};
use crate::store::certificate::{self, CertificateRecord};
use crate::store::fields::{BulkChangeId, BulkState, CertificateId};

/// Refused certificates that are shown.
const REFUSED: i64 = 100;

/// A change with what it left alone.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The change.
    pub change: BulkChange,
    /// The first certificates that it refused, each with why.
    pub refused: Vec<(RefusedItem, Option<CertificateRecord>)>,
}

/// The change of an id.
///
/// # Errors
/// `NotFound`, policy and database.
pub async fn progress(app: &App, actor: &Actor, id: BulkChangeId) -> Result<Progress, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListCertificates)?;
    let read = move |c: &mut _| {
        let Some(change) = bulk_change::by_id(c, id)? else { return Ok(None) };
        let items = bulk_change::refused(c, id, -1, REFUSED)?;
        let ids: Vec<CertificateId> = items.iter().map(|item| item.certificate_id).collect();
        let records = certificate::records(c, &ids)?;
        let named = |item: RefusedItem| {
            let record = records.iter().find(|record| record.id == item.certificate_id).cloned();
            (item, record)
        };
        Ok(Some(Progress { change, refused: items.into_iter().map(named).collect() }))
    };
    app.store.read(read).await?.ok_or_else(|| OpError::NotFound(format!("there is no change {id}")))
}

/// Changes, newest first, before a given one.
///
/// # Errors
/// Policy and database.
pub async fn recent(
    app: &App,
    actor: &Actor,
    before: Option<BulkChangeId>,
    limit: i64,
) -> Result<Listing<BulkChange>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListCertificates)?;
    let rows = app.store.read(move |c| bulk_change::list(c, before, limit + 1)).await?;
    Ok(Listing::of_rows(rows, limit, |change| change.id.to_string()))
}

/// Ends a running change after the piece that is being done; what was changed stays so.
///
/// # Errors
/// `Conflict` when it does not run, `NotFound`, policy and database.
pub async fn stop(app: &App, actor: &Actor, origin: &Origin, id: BulkChangeId) -> Result<(), OpError> {
    let change = progress(app, actor, id).await?.change;
    let act = ChangeInBulk { change: change.kind.as_str().to_owned(), certificates: change.total };
    let permitted = app.policies.load().engine().decide(actor, act)?;
    let event = audit::event(app, &permitted, origin, object(id));
    let (now, who) = (app.clock.now(), actor.to_string());
    let write = move |c: &mut _| {
        let why = format!("stopped by {who}");
        let stopped = bulk_change::finish(c, id, BulkState::Stopped, now, Some(&why))?;
        if stopped {
            audit_event::insert(c, &event)?;
        }
        Ok(stopped)
    };
    match app.store.write(write).await? {
        true => Ok(()),
        false => Err(OpError::Conflict("the change does not run any more".to_owned())),
    }
}
