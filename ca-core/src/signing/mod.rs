//! Signatures over what a build made: what is asked for, by its digests.

pub mod authenticode;
mod digest_set;
mod format;
pub mod jar;

pub use digest_set::{DigestItem, DigestSet, DigestSetHash, InvalidDigestSet, InvalidDigestSetHash, MOST_ITEMS};
pub use format::{Format, UnknownFormat};
