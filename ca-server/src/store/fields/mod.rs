//! How values become columns: times are integers, identifiers and states text, hashes 32 raw octets.

mod column;
mod id;
mod name;
mod state;
mod word;

pub(crate) use column::{
    Hash, Micros, Names, OptionalSeconds, Pairs, RequestStateWord, Seconds, Serial, Texts, names_text, pairs_text,
    seconds, texts_text,
};
pub(crate) use id::first_uuid;
pub use id::*;
pub use name::Name;
pub use state::*;
pub(crate) use word::{DigestWord, FormatWord, SigningStateWord};

/// SHA-256 of something.
pub type Sha256 = [u8; 32];
