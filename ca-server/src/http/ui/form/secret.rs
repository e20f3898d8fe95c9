//! A field that nobody but its reader may see.

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A password or a code: wiped from memory when it is dropped, never shown.
#[derive(Default)]
pub(in crate::http) struct Secret(pub(in crate::http) Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}
