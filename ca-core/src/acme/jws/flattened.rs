//! The flattened JSON serialisation of a JWS (RFC 7515 §7.2.2), the only one that ACME takes.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::{Header, decode};
use crate::acme::Problem;
use crate::acme::message::parse_object;

/// The members of a flattened JWS, still encoded.
#[derive(Deserialize)]
pub(in crate::acme) struct Flattened<'a> {
    #[serde(borrow)]
    protected: Cow<'a, str>,
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(borrow)]
    signature: Cow<'a, str>,
    #[serde(default, deserialize_with = "present")]
    header: bool,
    #[serde(default, deserialize_with = "present")]
    signatures: bool,
}

/// What a signature covers, and the signature.
#[derive(Debug)]
pub(in crate::acme) struct Parts {
    /// `protected.payload`, both encoded.
    pub(in crate::acme) signing_input: String,
    /// Decoded payload.
    pub(in crate::acme) payload: Vec<u8>,
    /// Decoded signature or MAC.
    pub(in crate::acme) signature: Vec<u8>,
}

impl<'a> Flattened<'a> {
    /// Reads the JSON text of a JWS.
    pub(in crate::acme) fn parse(json: &'a [u8]) -> Result<Self, Problem> {
        let fault = |e: Problem| {
            Problem::malformed(format!(
                "the body is no JWS in flattened JSON serialization (RFC 8555 §6.2): {}",
                e.detail()
            ))
        };
        parse_object(json).map_err(fault)
    }

    // RFC 8555 §6.2: "The JWS MUST NOT have multiple signatures", "The JWS Unprotected Header MUST NOT be used".
    /// Decodes the parts and the protected header.
    pub(in crate::acme) fn open(self) -> Result<(Header, Parts), Problem> {
        if self.header {
            return Err(Problem::malformed("the JWS must not have an unprotected header (RFC 8555 §6.2)"));
        }
        if self.signatures {
            return Err(Problem::malformed("the JWS must not have several signatures (RFC 8555 §6.2)"));
        }
        let header = Header::parse(&decode("protected", &self.protected)?)?;
        let (payload, signature) = (decode("payload", &self.payload)?, decode("signature", &self.signature)?);
        Ok((header, Parts { signing_input: [&*self.protected, ".", &*self.payload].concat(), payload, signature }))
    }
}

/// `true` for a member that is there, whatever its value.
pub(super) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
