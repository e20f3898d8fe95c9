//! Reasons for a revocation (RFC 5280 §5.3.1).

use std::fmt;
use std::str::FromStr;

use crate::x509::extension::BasicConstraints;

/// `CRLReason`. Its number is that of the standard, of ACME and of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RevocationReason {
    /// No reason is given; a CRL then says nothing.
    #[default]
    Unspecified = 0,
    /// The private key of an end entity is known or suspected to be in other hands.
    KeyCompromise = 1,
    /// The same of a CA.
    CaCompromise = 2,
    /// The subject's name or other information has changed.
    AffiliationChanged = 3,
    /// Another certificate took its place.
    Superseded = 4,
    /// It is no longer needed.
    CessationOfOperation = 5,
    /// Suspended: the only reason that may be taken back.
    CertificateHold = 6,
    /// In a delta CRL: taken back or expired.
    RemoveFromCrl = 8,
    /// A privilege that the certificate stands for was withdrawn.
    PrivilegeWithdrawn = 9,
    /// Compromise of an attribute authority.
    AaCompromise = 10,
}

/// A text or number that stands for no reason.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a revocation reason of RFC 5280 §5.3.1: use {list}", list = RevocationReason::NAMES)]
pub struct InvalidReason(String);

impl RevocationReason {
    /// Every reason, by number.
    pub const ALL: [Self; 10] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::RemoveFromCrl,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    const NAMES: &str = "unspecified, keyCompromise, cACompromise, affiliationChanged, superseded, \
                         cessationOfOperation or privilegeWithdrawn";

    /// The number of the ASN.1 ENUMERATED.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The name in the ASN.1.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }

    /// Whether a certificate of this kind may be revoked for this reason here. A hold is not offered: revocation is
    /// final. `removeFromCRL` belongs to delta CRLs and `aACompromise` to attribute certificates.
    pub fn applies_to(self, certificate: BasicConstraints) -> bool {
        match self {
            Self::Unspecified
            | Self::KeyCompromise
            | Self::AffiliationChanged
            | Self::Superseded
            | Self::CessationOfOperation
            | Self::PrivilegeWithdrawn => true,
            Self::CaCompromise => matches!(certificate, BasicConstraints::Authority { .. }),
            Self::CertificateHold | Self::RemoveFromCrl | Self::AaCompromise => false,
        }
    }

    /// Whether the key must never be certified again.
    pub fn condemns_key(self) -> bool {
        matches!(self, Self::KeyCompromise | Self::CaCompromise | Self::AaCompromise)
    }
}

/// The name in the ASN.1, such as `keyCompromise`.
impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name in any case, with or without hyphens: `keyCompromise`, `key-compromise`.
impl FromStr for RevocationReason {
    type Err = InvalidReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.replace('-', "");
        let reason = Self::ALL.into_iter().find(|reason| reason.name().eq_ignore_ascii_case(&plain));
        reason.ok_or_else(|| InvalidReason(text.to_owned()))
    }
}

// RFC 8555 §7.6: the "reason" of revokeCert is the number.
impl TryFrom<u8> for RevocationReason {
    type Error = InvalidReason;

    fn try_from(code: u8) -> Result<Self, Self::Error> {
        let reason = Self::ALL.into_iter().find(|reason| reason.code() == code);
        reason.ok_or_else(|| InvalidReason(code.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_those_of_the_standard() {
        let table = [
            (0, "unspecified"),
            (1, "keyCompromise"),
            (2, "cACompromise"),
            (3, "affiliationChanged"),
            (4, "superseded"),
            (5, "cessationOfOperation"),
            (6, "certificateHold"),
            (8, "removeFromCRL"),
            (9, "privilegeWithdrawn"),
            (10, "aACompromise"),
        ];
        assert_eq!(RevocationReason::ALL.map(|reason| (reason.code(), reason.name())), table);
        for (code, name) in table {
            let reason = RevocationReason::try_from(code);
            assert_eq!(reason, name.parse());
            assert_eq!(reason.map(|reason| reason.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn any_case_and_hyphens_are_read() {
        for text in ["key-compromise", "KEYCOMPROMISE", "keyCompromise"] {
            assert_eq!(text.parse(), Ok(RevocationReason::KeyCompromise), "{text}");
        }
    }

    #[test]
    fn what_is_no_reason_is_refused() {
        for text in ["", "unused", "key compromise", "1", "keyCompromise "] {
            assert_eq!(text.parse::<RevocationReason>(), Err(InvalidReason(text.to_owned())));
        }
        for code in [7, 11, 255] {
            assert_eq!(RevocationReason::try_from(code), Err(InvalidReason(code.to_string())));
        }
    }

    #[test]
    fn what_is_allowed_depends_on_the_certificate() {
        let allowed = |kind| RevocationReason::ALL.into_iter().filter(move |reason| reason.applies_to(kind));
        let numbers = |kind| allowed(kind).map(RevocationReason::code).collect::<Vec<_>>();
        assert_eq!(numbers(BasicConstraints::EndEntity), [0, 1, 3, 4, 5, 9]);
        assert_eq!(numbers(BasicConstraints::Authority { path_length: None }), [0, 1, 2, 3, 4, 5, 9]);
    }

    #[test]
    fn a_compromise_condemns_the_key() {
        let condemning = RevocationReason::ALL.into_iter().filter(|reason| reason.condemns_key());
        assert_eq!(condemning.map(RevocationReason::code).collect::<Vec<_>>(), [1, 2, 10]);
    }
}
