//! Signatures over what a build made: what is asked for, by its digests; what is signed; and what becomes of it.
//!
//! [`SignableArtifact`] -> [`LintedArtifact`] -> [`SignedArtifact`], each consuming the one before: no other way to an
//! artifact's signature exists.

mod approval;
mod artifact;
pub mod authenticode;
mod canary;
mod digest_set;
mod examination;
#[cfg(all(test, feature = "policy"))]
#[allow(clippy::unwrap_used, reason = "tests")]
pub(crate) mod fixture;
mod format;
pub mod jar;
mod linted;
pub mod profile;
mod signed;
mod signer;
mod state;
#[cfg(all(test, feature = "policy"))]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
mod tests;
pub mod verification;

pub use crate::policy::action::ArtifactAct;
pub use approval::{ApprovedSet, CountedStage, SigningTally, SigningVote, SigningVoteRefusal};
pub use artifact::{Artifact, ArtifactError, SignableArtifact, signature_algorithm};
pub use canary::canary;
pub use digest_set::{DigestItem, DigestSet, DigestSetHash, InvalidDigestSet, InvalidDigestSetHash, MOST_ITEMS};
pub use examination::Contradiction;
pub use format::{Format, UnknownFormat};
pub use linted::{ArtifactRefusal, AssemblyError, LintedArtifact};
pub use profile::{SigningProfile, SigningProfileHash};
pub use signed::{SignedArtifact, TimestampMismatch};
pub use signer::{ArtifactSigner, UnusableSigner};
pub use state::{SigningEvent, SigningState, UnknownSigningState, WrongSigningState};
pub use verification::{Report, verify};
