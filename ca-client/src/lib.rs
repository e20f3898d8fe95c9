//! The step of a build that has its artifacts signed.
//!
//! Digests are computed here and files stay here: the server sees names and digests, people approve those, and what comes
//! back is verified before it becomes part of a file. Whatever interrupts a run, the next one goes on from there.

pub mod api;
pub mod artifact;
pub mod cli;
mod clock;
mod provenance;
mod secret;
mod state;
mod verification;
