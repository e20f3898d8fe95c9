//! Octets as base64 text, so that requests and key files stay short and readable in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(octets))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// The same for a public key, which stands as its DER.
pub(crate) mod public_key {
    use serde::de::Error as _;
    use serde::{Deserializer, Serializer};

    use crate::x509::SubjectPublicKeyInfo;

    pub(crate) fn serialize<S: Serializer>(key: &SubjectPublicKeyInfo, serializer: S) -> Result<S::Ok, S::Error> {
        super::serialize(key.as_der(), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SubjectPublicKeyInfo, D::Error> {
        SubjectPublicKeyInfo::from_der(&super::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
