//! The life of a key (NIST SP 800-57 part 1, §7) and what it may sign in each state.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::SignPurpose;

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// Made, not yet in use.
    PreActive,
    /// In use.
    Active,
    /// Out of use for now; revocation status is still signed.
    Suspended,
    /// Out of use for good; revocation status is still signed until the last certificate has expired.
    Deactivated,
    /// Known or suspected to be in other hands: signs nothing.
    Compromised,
    /// The private key is gone.
    Destroyed,
}

impl KeyState {
    /// Every state, in the order of a key's life.
    pub const ALL: [Self; 6] =
        [Self::PreActive, Self::Active, Self::Suspended, Self::Deactivated, Self::Compromised, Self::Destroyed];

    /// The (state x purpose) table, consulted on every signature.
    pub const fn permits(self, purpose: SignPurpose) -> bool {
        use SignPurpose as P;
        match self {
            Self::Active => true,
            Self::PreActive => matches!(purpose, P::Probe),
            Self::Suspended | Self::Deactivated => matches!(purpose, P::Crl | P::Ocsp),
            Self::Compromised | Self::Destroyed => false,
        }
    }

    /// Whether a key may go from this state to `next`. Only a key out of use can be destroyed.
    pub const fn may_become(self, next: Self) -> bool {
        use KeyState as S;
        match self {
            S::PreActive => matches!(next, S::Active | S::Suspended | S::Compromised | S::Destroyed),
            S::Active => matches!(next, S::Suspended | S::Deactivated | S::Compromised),
            S::Suspended => matches!(next, S::Active | S::Deactivated | S::Compromised),
            S::Deactivated => matches!(next, S::Compromised | S::Destroyed),
            S::Compromised => matches!(next, S::Destroyed),
            S::Destroyed => false,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::PreActive => "pre-active",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
            Self::Compromised => "compromised",
            Self::Destroyed => "destroyed",
        }
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Text that names no [`KeyState`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a key state: use pre-active, active, suspended, deactivated, compromised or destroyed")]
pub struct InvalidKeyState(String);

impl FromStr for KeyState {
    type Err = InvalidKeyState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let state = Self::ALL.into_iter().find(|state| state.name() == text);
        state.ok_or_else(|| InvalidKeyState(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_one_agreed() {
        use SignPurpose as P;
        let table = [
            (KeyState::PreActive, vec![P::Probe]),
            (KeyState::Active, SignPurpose::ALL.to_vec()),
            (KeyState::Suspended, vec![P::Crl, P::Ocsp]),
            (KeyState::Deactivated, vec![P::Crl, P::Ocsp]),
            (KeyState::Compromised, vec![]),
            (KeyState::Destroyed, vec![]),
        ];
        for (state, permitted) in table {
            for purpose in SignPurpose::ALL {
                assert_eq!(state.permits(purpose), permitted.contains(&purpose), "{state} {purpose}");
            }
        }
    }

    #[test]
    fn a_life_never_runs_backwards() {
        let order = |state| KeyState::ALL.iter().position(|s| *s == state);
        for from in KeyState::ALL {
            for to in KeyState::ALL.into_iter().filter(|to| from.may_become(*to)) {
                let resumed = (from, to) == (KeyState::Suspended, KeyState::Active);
                assert!(resumed || order(from) < order(to), "{from} to {to}");
            }
        }
        assert!(!KeyState::Active.may_become(KeyState::Destroyed));
    }

    #[test]
    fn names_read_back() {
        for state in KeyState::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
        }
        assert!("retired".parse::<KeyState>().is_err());
    }
}
