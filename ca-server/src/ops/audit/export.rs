//! The audit trail in its own order, page after page, for files.

use std::sync::Arc;
use std::time::Duration;

use ca_core::policy::Actor;
use ca_core::policy::action::ReadAudit;

use super::search::{Event, Filter};
use crate::app::App;
use crate::ops::OpError;
use crate::store::audit_event::{self, Position, Search};
use crate::store::fields::AuditEventId;

/// Events read at once.
const PAGE: i64 = 500;

/// Reads through the events that match, oldest first, as far as they had happened when it began.
pub struct Export {
    app: Arc<App>,
    search: Search,
    after: Option<AuditEventId>,
    is_over: bool,
}

/// Begins an export.
///
/// # Errors
/// When the policy denies it.
pub fn begin(app: &Arc<App>, actor: &Actor, filter: &Filter) -> Result<Export, OpError> {
    let _ = app.policies.load().engine().decide(actor, ReadAudit)?;
    let mut search = filter.search();
    let end = app.clock.now().plus(Duration::from_secs(1));
    search.until = Some(search.until.map_or(end, |until| until.min(end)));
    Ok(Export { app: Arc::clone(app), search, after: None, is_over: false })
}

impl Export {
    /// The next events; none when all were read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next(&mut self) -> Result<Vec<Event>, OpError> {
        if self.is_over {
            return Ok(Vec::new());
        }
        let (search, from) = (self.search.clone(), Position::Above(self.after));
        let rows = self.app.store.read(move |c| audit_event::search(c, &search, from, PAGE)).await?;
        self.is_over = i64::try_from(rows.len()).is_ok_and(|length| length < PAGE);
        self.after = rows.last().map(|row| row.id).or(self.after);
        Ok(rows.into_iter().map(Event::from).collect())
    }
}
