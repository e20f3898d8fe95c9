//! Requests that people approve: what exactly is approved, by whom, and what becomes of it. Pure: facts in, verdicts out.
//!
//! [`IssuanceRequest`] is everything that decides what a certificate will say, but for what is filled in at the moment of
//! signing (serial number, notBefore, and the URLs of its status, which depend on the serial). Its [`RequestDigest`] is
//! what approvers approve. [`approval`] counts their votes, [`state`] says what may follow what, and [`Difference`] tells
//! people what changed when a vote no longer counts.

pub mod approval;
mod difference;
mod encoding;
pub mod state;
mod terms;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests;

pub use approval::{ApprovedRequest, Tally, Version, Vote};
pub use difference::{Change, Difference};
pub use encoding::InvalidEncoding;
pub use state::RequestState;
pub use terms::{IssuanceRequest, RequestDigest, RequestedExtension, RequestedKey, Terms};
