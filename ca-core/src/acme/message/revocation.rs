//! The payload of revokeCert (RFC 8555 §7.6).

use serde::{Deserialize, Serialize};

use super::der_member;
use crate::acme::Problem;

/// Which certificate to revoke, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeCertificate {
    /// The certificate: DER in base64url.
    pub certificate: String,
    /// A reason code of RFC 5280 §5.3.1; judged by [`requested_reason`](crate::acme::revocation::requested_reason).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<i64>,
}

impl RevokeCertificate {
    /// The certificate's DER.
    ///
    /// # Errors
    /// `malformed` when it is not base64url, for instance PEM.
    pub fn certificate_der(&self) -> Result<Vec<u8>, Problem> {
        der_member("certificate", &self.certificate)
    }
}
