//! Which certificates are meant, exactly: the list that was seen is the list that is changed.

use aws_lc_rs::digest::{Context, SHA256};
use ca_core::policy::Actor;

use crate::app::App;
use crate::ops::OpError;
use crate::ops::certificate::search::{CertificateFilter, CertificateStatus, Page, Sort, full_page};
use crate::store::certificate::{self, CertificateRecord};
use crate::store::fields::CertificateId;

/// Most certificates of one change.
pub const MOST: i64 = 10_000;

/// Certificates that are read at once.
const PAGE: i64 = 500;

/// Names that a summary shows.
const EXAMPLES: usize = 10;

/// How certificates are chosen.
#[derive(Clone, Debug)]
pub enum Selection {
    /// These.
    These(Vec<CertificateId>),
    /// All that a filter leaves at this moment.
    All(Box<CertificateFilter>),
}

/// What was chosen.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The certificates.
    pub ids: Vec<CertificateId>,
    /// Those that are neither revoked nor expired.
    pub valid: i64,
    /// Those that have expired.
    pub expired: i64,
    /// Those that are revoked.
    pub revoked: i64,
    /// The first few.
    pub examples: Vec<CertificateRecord>,
}

impl Summary {
    /// How many there are.
    pub fn total(&self) -> i64 {
        i64::try_from(self.ids.len()).unwrap_or(i64::MAX)
    }

    /// Names exactly these certificates: who confirms this confirms them and no others.
    pub fn digest(&self) -> String {
        let mut context = Context::new(&SHA256);
        self.ids.iter().for_each(|id| context.update(id.uuid().as_bytes()));
        context.finish().as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
    }

    fn add(&mut self, record: CertificateRecord, status: CertificateStatus) {
        match status {
            CertificateStatus::Valid | CertificateStatus::Soon => self.valid += 1,
            CertificateStatus::Expired => self.expired += 1,
            CertificateStatus::Revoked => self.revoked += 1,
        }
        self.ids.push(record.id);
        if self.examples.len() < EXAMPLES {
            self.examples.push(record);
        }
    }
}

/// Looks up what is chosen, newest first.
///
/// # Errors
/// `Conflict` for more than [`MOST`]; policy and database.
pub async fn summary(app: &App, actor: &Actor, selection: &Selection) -> Result<Summary, OpError> {
    let now = app.clock.now();
    let mut summary = Summary::default();
    match selection {
        Selection::These(ids) => {
            refuse_too_many(i64::try_from(ids.len()).unwrap_or(i64::MAX))?;
            let mut ids = ids.clone();
            ids.sort_unstable_by(|one, other| other.cmp(one));
            ids.dedup();
            for record in these(app, actor, ids).await? {
                let status = CertificateStatus::of(&record, now);
                summary.add(record, status);
            }
        }
        Selection::All(filter) => {
            let mut page = Page::first(Sort::Newest, PAGE);
            loop {
                let records = full_page(app, actor, filter, page).await?;
                page.from = records.last().map(crate::ops::certificate::search::Position::of);
                let last = i64::try_from(records.len()).unwrap_or_default() < PAGE;
                for record in records {
                    let status = CertificateStatus::of(&record, now);
                    summary.add(record, status);
                }
                refuse_too_many(summary.total())?;
                if last {
                    break;
                }
            }
        }
    }
    Ok(summary)
}

fn refuse_too_many(count: i64) -> Result<(), OpError> {
    if count <= MOST {
        return Ok(());
    }
    Err(OpError::Conflict(format!("more than {MOST} certificates are chosen: narrow the filter and do it in parts")))
}

/// The certificates of these ids that exist.
async fn these(app: &App, actor: &Actor, ids: Vec<CertificateId>) -> Result<Vec<CertificateRecord>, OpError> {
    let list = ca_core::policy::action::ListCertificates;
    let _ = app.policies.load().engine().decide(actor, list)?;
    let mut records = Vec::new();
    for piece in ids.chunks(usize::try_from(PAGE).unwrap_or(1)) {
        let piece = piece.to_vec();
        records.extend(app.store.read(move |c| certificate::records(c, &piece)).await?);
    }
    Ok(records)
}
