//! How orders, proofs, accounts and bindings stand.

use crate::parts::{Badge, State};

/// Status of an order (RFC 8555 §7.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Names are to be proved.
    Pending,
    /// Names are proved, the CSR is missing.
    Ready,
    /// It is being signed.
    Processing,
    /// There is a certificate.
    Valid,
    /// There will be none.
    Invalid,
}

/// Status of an authorization, a challenge or an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofState {
    /// Nobody asked to look yet.
    Pending,
    /// It is being looked at.
    Processing,
    /// Proved.
    Valid,
    /// Not proved.
    Invalid,
    /// Its time is over, or it was given up.
    Over,
}

/// Status of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// In use.
    Valid,
    /// Closed by its owner.
    Deactivated,
    /// Closed by an operator.
    Revoked,
}

/// Status of an external account binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingState {
    /// Nobody used it yet.
    Unused,
    /// An account was opened with it.
    Bound,
    /// Nobody used it in its time.
    Expired,
    /// It was withdrawn.
    Revoked,
}

impl OrderState {
    pub(super) fn badge(self) -> Badge {
        let (state, word) = match self {
            Self::Pending => (State::Pending, "waits for proof"),
            Self::Ready => (State::Pending, "waits for CSR"),
            Self::Processing => (State::Pending, "being signed"),
            Self::Valid => (State::Good, "issued"),
            Self::Invalid => (State::Broken, "failed"),
        };
        Badge::new(state, word)
    }
}

impl ProofState {
    pub(super) fn state(self) -> State {
        match self {
            Self::Pending | Self::Processing => State::Pending,
            Self::Valid => State::Good,
            Self::Invalid => State::Broken,
            Self::Over => State::Neutral,
        }
    }

    pub(super) fn badge(self) -> Badge {
        let word = match self {
            Self::Pending => "not tried",
            Self::Processing => "being tried",
            Self::Valid => "proved",
            Self::Invalid => "not proved",
            Self::Over => "over",
        };
        Badge::new(self.state(), word)
    }
}

impl AccountState {
    pub(super) fn badge(self) -> Badge {
        let (state, word) = match self {
            Self::Valid => (State::Good, "in use"),
            Self::Deactivated => (State::Neutral, "closed by its owner"),
            Self::Revoked => (State::Revoked, "closed here"),
        };
        Badge::new(state, word)
    }
}

impl BindingState {
    pub(super) fn badge(self) -> Badge {
        let (state, word) = match self {
            Self::Unused => (State::Pending, "unused"),
            Self::Bound => (State::Good, "used"),
            Self::Expired => (State::Neutral, "expired"),
            Self::Revoked => (State::Revoked, "withdrawn"),
        };
        Badge::new(state, word)
    }
}
