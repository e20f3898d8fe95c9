//! `/audit`: who did what, when, and which policy permitted it.

mod action;
mod event;
mod list;
mod object;
#[cfg(test)]
mod tests;

pub use event::EventPage;
pub use list::{AuditPage, EventRow, FilterValues};
