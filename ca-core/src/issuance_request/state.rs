//! What becomes of a request, one step after the other.

use std::fmt;
use std::str::FromStr;

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestState {
    /// Waits for people.
    Pending,
    /// Enough people approved; waits to be signed.
    Approved,
    /// The bytes to sign are recorded; a signature may be under way.
    Issuing,
    /// The certificate exists.
    Issued,
    /// Somebody entitled said no.
    Rejected,
    /// Given up by its requester, or for them.
    Cancelled,
    /// Nobody decided in time.
    Expired,
    /// It was approved and could not be issued.
    Failed,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The last approval that was needed.
    ApprovalsComplete,
    /// It asks for something else now; every approval is void.
    Change,
    /// An approver says no.
    Reject,
    /// The requester gives it up.
    Cancel,
    /// Its time is over.
    Expire,
    /// The bytes to sign are being recorded.
    BeginSigning,
    /// The certificate is being recorded.
    FinishSigning,
    /// Those bytes were given up unsigned.
    AbandonSigning,
    /// Profile, policy or lint stand against what was approved.
    Fail,
}

/// An event that the state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request is {state}: {}", .state.why_not(*.event))]
pub struct WrongState {
    /// Where the request stands.
    pub state: RequestState,
    /// What was tried.
    pub event: Event,
}

use RequestState as S;

impl RequestState {
    /// Every state.
    pub const ALL: [Self; 8] =
        [S::Pending, S::Approved, S::Issuing, S::Issued, S::Rejected, S::Cancelled, S::Expired, S::Failed];

    /// The state that follows.
    ///
    /// # Errors
    /// [`WrongState`].
    pub fn after(self, event: Event) -> Result<Self, WrongState> {
        match (self, event) {
            (S::Pending, Event::ApprovalsComplete) | (S::Issuing, Event::AbandonSigning) => Ok(S::Approved),
            (S::Pending | S::Approved, Event::Change) => Ok(S::Pending),
            (S::Pending | S::Approved, Event::Reject) => Ok(S::Rejected),
            (S::Pending | S::Approved, Event::Cancel) => Ok(S::Cancelled),
            (S::Pending | S::Approved, Event::Expire) => Ok(S::Expired),
            (S::Approved, Event::BeginSigning) => Ok(S::Issuing),
            (S::Approved | S::Issuing, Event::Fail) => Ok(S::Failed),
            (S::Issuing, Event::FinishSigning) => Ok(S::Issued),
            (state, event) => Err(WrongState { state, event }),
        }
    }

    /// Whether anything can still happen to it.
    pub fn is_open(self) -> bool {
        matches!(self, S::Pending | S::Approved | S::Issuing)
    }

    /// The word of the database and of JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Issuing => "issuing",
            Self::Issued => "issued",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }

    fn why_not(self, event: Event) -> &'static str {
        match (self, event) {
            (S::Issuing, _) => "its certificate is being signed at this moment",
            (S::Pending, Event::BeginSigning | Event::Fail) => "not enough people have approved it",
            (S::Approved, Event::ApprovalsComplete) => "enough people have approved it already",
            _ => "nothing more can be done with it",
        }
    }
}

impl fmt::Display for RequestState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RequestState {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| format!("{word:?} is no state of a request"))
    }
}
