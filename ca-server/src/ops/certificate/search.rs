//! Searching certificates, for people and for scripts.

use std::collections::HashSet;

use ca_core::policy::Actor;
use ca_core::policy::action::ListCertificates;

use crate::app::App;
use crate::ops::OpError;
use crate::store::certificate::CertificateRecord;
use crate::store::certificate_lineage;
use crate::store::certificate_search as store;
use crate::store::fields::CertificateId;

pub use crate::store::certificate_name::NameFilter;
pub use crate::store::certificate_search::{
    CertificateFilter, CertificateStatus, Count, Direction, Found, InvalidPosition, Page, Position, SOON, SearchText,
    Sort, Span,
};

/// A search that found nothing yet goes on by itself so many times.
const PAUSES_PASSED: usize = 2;

/// One page of certificates. It may be short although more follow: see [`Found::paused`].
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn search(app: &App, actor: &Actor, filter: &CertificateFilter, page: Page) -> Result<Found, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListCertificates)?;
    let mut found = step(app, filter, page).await?;
    for _ in 0..PAUSES_PASSED {
        let next = match page.direction {
            Direction::Forward => found.after,
            Direction::Backward => found.before,
        };
        match next {
            Some(place) if found.paused && found.records.is_empty() => {
                found = step(app, filter, Page { from: Some(place), ..page }).await?;
            }
            _ => break,
        }
    }
    Ok(found)
}

async fn step(app: &App, filter: &CertificateFilter, page: Page) -> Result<Found, OpError> {
    let (filter, now) = (filter.clone(), app.clock.now());
    Ok(app.store.read(move |c| store::search(c, &filter, &page, now)).await?)
}

/// A full page, however long that takes; fewer certificates than its limit means that there are no more.
///
/// # Errors
/// When the policy denies it or the database fails.
pub async fn full_page(
    app: &App,
    actor: &Actor,
    filter: &CertificateFilter,
    mut page: Page,
) -> Result<Vec<CertificateRecord>, OpError> {
    let _ = app.policies.load().engine().decide(actor, ListCertificates)?;
    let mut all = Vec::new();
    loop {
        let found = step(app, filter, page).await?;
        page.limit -= i64::try_from(found.records.len()).unwrap_or(i64::MAX);
        all.extend(found.records);
        match found.after {
            Some(place) if page.limit > 0 => page.from = Some(place),
            _ => return Ok(all),
        }
    }
}

/// The place of a certificate in lists; none if there is no such certificate.
///
/// # Errors
/// When the database fails.
pub async fn place(app: &App, id: CertificateId) -> Result<Option<Position>, OpError> {
    let row = app.store.read(move |c| crate::store::certificate::by_id(c, id)).await?;
    Ok(row.map(|row| Position::of(&row.record)))
}

/// Which of these certificates end soon or have ended, but have a successor for the same names: nobody need worry.
///
/// # Errors
/// When the database fails.
pub async fn replaced(app: &App, records: &[CertificateRecord]) -> Result<HashSet<CertificateId>, OpError> {
    let now = app.clock.now();
    let ending = |record: &&CertificateRecord| {
        matches!(CertificateStatus::of(record, now), CertificateStatus::Soon | CertificateStatus::Expired)
    };
    let ending: Vec<CertificateRecord> = records.iter().filter(ending).cloned().collect();
    let read = move |c: &mut _| {
        let mut replaced = HashSet::new();
        for record in &ending {
            if certificate_lineage::is_replaced(c, record)? {
                replaced.insert(record.id);
            }
        }
        Ok(replaced)
    };
    Ok(app.store.read(read).await?)
}
