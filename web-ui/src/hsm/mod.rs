//! `/hsm`: where the keys are, and whether they sign.

mod detail;
mod list;

pub(crate) use detail::latency_chart;
pub use detail::{HsmFacts, HsmPage, KeyRow, Latency};
pub use list::{HsmRow, HsmsPage};

use crate::parts::{Badge, State};

/// Whether an HSM signs, as the last probe saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HsmHealth {
    /// It signed, and the signature verified.
    Signs,
    /// It did not.
    Fails,
    /// Nobody has asked yet.
    Unknown,
}

impl HsmHealth {
    pub(crate) fn badge(self) -> Badge {
        match self {
            Self::Signs => Badge::new(State::Good, "signs"),
            Self::Fails => Badge::new(State::Broken, "does not sign"),
            Self::Unknown => Badge::new(State::Pending, "not asked yet"),
        }
    }
}

/// `2.4 ms`.
fn milliseconds(micros: u64) -> String {
    format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100)
}

#[cfg(test)]
mod tests;
