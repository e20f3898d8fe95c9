//! An authority, and what its dates say about it.

use super::health::HealthState;
use crate::moment::Moment;

/// Ahead of the end of a CA certificate, long enough to prepare a successor.
const EXPIRES_SOON: i64 = 90 * 86_400;

/// A CA certificate with its key. Times are Unix seconds.
#[derive(Clone, Debug)]
pub struct AuthorityView {
    /// Its name in the configuration and in status URLs, such as `issuing`.
    pub name: String,
    /// Its place in the hierarchy.
    pub kind: AuthorityKind,
    /// The subject of its certificate as text.
    pub subject: String,
    /// SHA-256 of its certificate in DER.
    pub fingerprint_sha256: [u8; 32],
    /// Its key, such as `ECDSA P-256`.
    pub key_algorithm: String,
    /// First second of its validity.
    pub not_before: i64,
    /// Last second of its validity (RFC 5280 §4.1.2.5: both ends count).
    pub not_after: i64,
    /// Where its certificate is served in DER.
    pub certificate_url: String,
    /// Where its certificate revocation list is served.
    pub crl_url: String,
    /// `nextUpdate` of the list that is served now; none before the first one.
    pub crl_next_update: Option<i64>,
}

/// An authority's place in the hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorityKind {
    /// A trust anchor.
    Root,
    /// Signed by the authority of that name.
    IssuedBy(String),
}

impl AuthorityView {
    /// As OpenSSL prints it, upper-case pairs between colons, but in four parts: lines may break between them.
    pub(crate) fn fingerprint_quarters(&self) -> Vec<String> {
        let pairs = |part: &[u8]| part.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        self.fingerprint_sha256.chunks(8).map(pairs).collect()
    }

    /// Lower-case hex without colons, as commands take it.
    pub(crate) fn fingerprint_hex(&self) -> String {
        self.fingerprint_sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn is_root(&self) -> bool {
        self.kind == AuthorityKind::Root
    }

    pub(crate) fn begins(&self, now: &i64) -> Moment {
        Moment { at: self.not_before, now: *now }
    }

    pub(crate) fn ends(&self, now: &i64) -> Moment {
        Moment { at: self.not_after, now: *now }
    }

    pub(crate) fn next_list(&self, now: &i64) -> Option<Moment> {
        self.crl_next_update.map(|at| Moment { at, now: *now })
    }

    /// What the dates of the certificate say: a state and a word for it.
    pub(crate) fn validity(&self, now: &i64) -> (HealthState, &'static str) {
        if *now < self.not_before {
            (HealthState::Broken, "not valid yet")
        } else if *now > self.not_after {
            (HealthState::Broken, "expired")
        } else if self.not_after.saturating_sub(*now) < EXPIRES_SOON {
            (HealthState::Attention, "expires soon")
        } else {
            (HealthState::Good, "valid")
        }
    }

    /// Whether relying parties that insist on a current revocation list refuse everything below this authority now.
    pub(crate) fn list_is_overdue(&self, now: &i64) -> bool {
        self.crl_next_update.is_some_and(|next| next < *now)
    }
}
