//! How a certificate is.

use crate::parts::{Badge, State};

/// State of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateState {
    /// Valid for longer than a fortnight.
    Valid,
    /// Valid, and ends within a fortnight.
    EndsSoon,
    /// Ends within a fortnight or has ended, but another one for the same names is there.
    Replaced,
    /// Over.
    Expired,
    /// Withdrawn.
    Revoked,
}

impl CertificateState {
    pub(super) fn badge(self) -> Badge {
        let (state, word) = match self {
            Self::Valid => (State::Good, "valid"),
            Self::EndsSoon => (State::Soon, "ends soon"),
            Self::Replaced => (State::Neutral, "replaced"),
            Self::Expired => (State::Broken, "expired"),
            Self::Revoked => (State::Revoked, "revoked"),
        };
        Badge::new(state, word)
    }
}

/// At most so many characters; what is longer loses its middle.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(1) / 2;
    let (start, end): (String, String) =
        (text.chars().take(kept).collect(), text.chars().skip(length - kept).collect());
    format!("{start}…{end}")
}
