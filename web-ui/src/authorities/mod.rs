//! `/authorities`: the hierarchy, and one page for each CA certificate and key.

mod detail;
mod list;
mod state;

pub use detail::{AuthorityPage, KeyView, ListView};
pub use list::{AuthoritiesPage, AuthorityNode};
pub use state::AuthorityState;

#[cfg(test)]
mod tests;
