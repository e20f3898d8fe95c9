//! Signatures over what a build made: what is asked for, by its digests, for whom, and who agreed.

mod approval;
mod digest_set;
mod format;
pub mod profile;
mod state;

pub use approval::{ApprovedSet, CountedStage, SigningTally, SigningVote, SigningVoteRefusal};
pub use digest_set::{DigestItem, DigestSet, DigestSetHash, InvalidDigestSet, MOST_ITEMS};
pub use format::{Format, UnknownFormat};
pub use profile::{SigningProfile, SigningProfileHash};
pub use state::{SigningEvent, SigningState, UnknownSigningState, WrongSigningState};
