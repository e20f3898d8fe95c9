//! Pages about certificates that were issued, and about those that somebody pasted.

mod change;
mod changes;
mod decode;
mod description;
mod detail;
mod found;
mod history;
mod list;
mod revoke;
mod state;
#[cfg(test)]
mod tests;

pub use change::{ChangeKind, NewChangePage};
pub use changes::{ChangeProgressPage, ChangeRow, ChangeState, ChangesPage, RefusedRow};
pub use decode::{DecodePage, DecodedItem};
pub use description::{CertificateText, ExtensionText, KeyText, RequestText};
pub use detail::{DetailPage, NeighbourView, OrderView, RevocationView};
pub use found::{FoundThing, SearchPage};
pub use history::EventView;
pub(crate) use list::address;
pub use list::{CertificateRow, CertificatesPage, Count, FilterValues};
pub use revoke::{AccountView, ReasonView, RevokePage};
pub use state::CertificateState;
pub(crate) use state::shortened;
