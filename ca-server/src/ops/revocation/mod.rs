//! Certificate revocation lists: made, stored, loaded, served.

pub mod list;
pub mod load;
pub mod publish;
pub mod published;
pub mod show;
