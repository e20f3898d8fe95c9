//! The protected header (RFC 7515 §4, RFC 8555 §6.2).

use serde::Deserialize;

use super::flattened::present;
use super::{JwsKey, decode};
use crate::acme::message::{Object, parse_object};
use crate::acme::{Jwk, Problem, jwk};

/// The header parameters that ACME knows; duplicates of them are refused, others ignored.
#[derive(Deserialize)]
pub(in crate::acme) struct Header {
    /// Signature or MAC algorithm.
    pub(in crate::acme) alg: String,
    nonce: Option<String>,
    url: Option<String>,
    kid: Option<String>,
    jwk: Option<Object<jwk::Members>>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

impl Header {
    pub(super) fn parse(json: &[u8]) -> Result<Self, Problem> {
        let header: Self =
            parse_object(json).map_err(|e| Problem::malformed(format!("protected header: {}", e.detail())))?;
        // RFC 7515 §4.1.11: extensions listed in `crit` must be understood, and none is.
        match header.crit {
            true => {
                Err(Problem::malformed("the JWS asks for critical header extensions (crit) that are not supported"))
            }
            false => Ok(header),
        }
    }

    // RFC 8555 §6.4: the `url` header parameter is required.
    pub(in crate::acme) fn require_url(&self) -> Result<String, Problem> {
        self.url.clone().ok_or_else(|| Problem::malformed("the protected header has no url (RFC 8555 §6.4)"))
    }

    // RFC 8555 §6.5: a missing nonce is badNonce, one that is not base64url is malformed (§6.5.2).
    pub(super) fn require_nonce(&self) -> Result<String, Problem> {
        let nonce = self.nonce.clone().ok_or_else(|| Problem::bad_nonce("the protected header has no nonce"))?;
        decode("the nonce in the header", &nonce).map(|_| nonce)
    }

    /// Checks that there is no nonce, as RFC 8555 §7.3.4 and §7.3.5 want for a JWS inside another.
    pub(in crate::acme) fn forbid_nonce(&self) -> Result<(), Problem> {
        match self.nonce {
            Some(_) => Err(Problem::malformed("the inner JWS must not have a nonce")),
            None => Ok(()),
        }
    }

    // RFC 8555 §6.2: "The jwk and kid fields are mutually exclusive."
    pub(in crate::acme) fn into_key(self) -> Result<JwsKey, Problem> {
        match (self.jwk, self.kid) {
            (Some(Object(members)), None) => Ok(JwsKey::Jwk(Jwk::try_from(members)?.require_strength()?)),
            (None, Some(kid)) => Ok(JwsKey::Kid(kid)),
            (Some(_), Some(_)) => Err(Problem::malformed("the protected header has both jwk and kid: use one")),
            (None, None) => Err(Problem::malformed("the protected header has neither jwk nor kid")),
        }
    }
}
