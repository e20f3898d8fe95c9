//! `/audit`: who did what, when, and which policy permitted it.

mod act;
mod action;
mod event;
mod list;
mod object;
#[cfg(test)]
mod tests;

pub(crate) use act::audit_of;
pub use event::EventPage;
pub use list::{AuditPage, EventRow, FilterValues};
