//! Signatures over what a build made: what is asked for, by its digests.

mod digest_set;
mod format;

pub use digest_set::{DigestItem, DigestSet, DigestSetHash, InvalidDigestSet, MOST_ITEMS};
pub use format::{Format, UnknownFormat};
