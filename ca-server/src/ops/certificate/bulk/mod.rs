//! One change to many certificates: previewed, confirmed, noted down, and done by a job in pieces.

mod acting;
mod change;
mod progress;
mod run;
mod selection;
mod start;

pub use change::{Change, InvalidChange};
pub use progress::{Progress, progress, recent, stop};
pub use run::{JOB, run_job};
pub use selection::{MOST, Selection, Summary, summary};
pub use start::{Confirmed, start};

pub use crate::store::bulk_change::{BulkChange, RefusedItem};
pub use crate::store::fields::{BulkChangeId, BulkKind, BulkState};
