//! Certificates that people ask for and other people approve.
//!
//! A request is submitted, perhaps changed, voted on, and then processed: [`process`] is the one place where enough votes
//! become an approval and an approval becomes a certificate. A handler calls it right after the last vote, a job calls it
//! again whenever something stood in the way.

mod appraisal;
pub mod cancel;
pub mod change;
pub mod comment;
mod content;
pub mod deliver;
pub mod expire;
pub mod fetch;
mod generated_key;
mod history;
pub mod issued;
pub mod list;
mod load;
pub(in crate::ops) mod people;
pub mod preview;
pub mod process;
mod refresh;
mod sign;
pub mod submit;
mod telling;
pub mod view;
pub mod vote;
mod wish;

pub use appraisal::Appraisal;
pub use wish::{Fault, Wish, WishedKey};

/// Name of the job that processes requests, as policies know it.
const JOB: &str = "issuance-requests";

/// Characters of a comment or a reason.
pub const LONGEST_COMMENT: usize = 4000;
