//! The watch over renewals: which certificates somebody should look at because no successor came.

use std::collections::HashMap;
use std::time::Duration;

use ca_core::time::UnixTime;

use super::expiry_notice::Telling;
use crate::app::App;
use crate::ops::OpError;
use crate::store::certificate::{self, CertificateRecord};
use crate::store::expiry_watch::{self, Watched};
use crate::store::fields::CertificateId;
use crate::store::{Connection, StoreError, certificate_lineage};

/// Counted no further: what is found is sorted in memory.
const COUNTED: i64 = 2_000;

/// Rows looked at in one step of the job.
const BATCH: i64 = 200;

/// Rows looked at in one run of the job.
const STEPS: usize = 25;

/// So long after its end nobody waits for a renewal any more.
const FORGOTTEN: Duration = Duration::from_secs(7 * 86_400);

/// A certificate whose renewal did not come.
#[derive(Clone, Debug)]
pub struct Overdue {
    /// The certificate.
    pub record: CertificateRecord,
    /// Whether it was expected because its predecessor was renewed by then.
    pub is_usual: bool,
}

/// Certificates whose renewal did not come.
#[derive(Clone, Debug)]
pub struct OverdueList {
    /// Those that end first.
    pub first: Vec<Overdue>,
    /// How many there are.
    pub count: usize,
    /// Whether there are more than that.
    pub is_more: bool,
}

/// The first so many of the certificates whose renewal did not come, and how many there are.
///
/// # Errors
/// When the database fails.
pub(in crate::ops) async fn overdue(app: &App, shown: usize) -> Result<OverdueList, OpError> {
    let now = app.clock.now();
    let read = move |c: &mut Connection| {
        let mut due = expiry_watch::due(c, now, None, COUNTED + 1)?;
        due.sort_by_key(|watched| (watched.not_after, watched.certificate_id));
        let ids: Vec<CertificateId> = due.iter().take(shown).map(|watched| watched.certificate_id).collect();
        let records: HashMap<_, _> =
            certificate::records(c, &ids)?.into_iter().map(|record| (record.id, record)).collect();
        Ok::<_, StoreError>((due, records))
    };
    let (due, mut records) = app.store.read(read).await?;
    let limit = usize::try_from(COUNTED).unwrap_or(usize::MAX);
    let first = due.iter().take(shown).filter_map(|watched| {
        Some(Overdue { record: records.remove(&watched.certificate_id)?, is_usual: watched.is_usual })
    });
    Ok(OverdueList { first: first.collect(), count: due.len().min(limit), is_more: due.len() > limit })
}

/// Goes through what is due: the watch ends over what was replaced by a certificate with more names, and over what ended
/// long ago; of the others people are told.
///
/// # Errors
/// When the database fails; what was done stays done.
pub async fn watch(app: &App) -> Result<(), OpError> {
    let now = app.clock.now();
    let (mut last, mut telling) = (None, Telling::default());
    for _ in 0..STEPS {
        let due = app.store.read(move |c| expiry_watch::due(c, now, last, BATCH)).await?;
        last = due.last().copied();
        let Sorted { over, overdue } = sorted(app, due, now).await?;
        if !over.is_empty() {
            app.store.write(move |c| over.iter().try_for_each(|id| expiry_watch::end(c, *id))).await?;
        }
        telling.tell(app, overdue).await?;
        if last.is_none() {
            break;
        }
    }
    Ok(())
}

/// The due.
struct Sorted {
    /// Those that need nobody.
    over: Vec<CertificateId>,
    /// The others.
    overdue: Vec<(Watched, CertificateRecord)>,
}

async fn sorted(app: &App, due: Vec<Watched>, now: UnixTime) -> Result<Sorted, OpError> {
    let (forgotten, others): (Vec<Watched>, Vec<Watched>) =
        due.into_iter().partition(|watched| watched.not_after.plus(FORGOTTEN) < now);
    let read = move |c: &mut Connection| {
        let (mut covered, mut overdue) = (Vec::new(), Vec::new());
        let ids: Vec<CertificateId> = others.iter().map(|watched| watched.certificate_id).collect();
        for record in certificate::records(c, &ids)? {
            let watched = others.iter().find(|watched| watched.certificate_id == record.id);
            match (certificate_lineage::is_covered(c, &record)?, watched) {
                (false, Some(watched)) => overdue.push((*watched, record)),
                _ => covered.push(record.id),
            }
        }
        Ok::<_, StoreError>((covered, overdue))
    };
    let (mut over, overdue) = app.store.read(read).await?;
    over.extend(forgotten.iter().map(|watched| watched.certificate_id));
    Ok(Sorted { over, overdue })
}
