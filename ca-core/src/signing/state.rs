//! What becomes of a signing request, one step after the other.

use std::fmt;
use std::str::FromStr;

/// Where a signing request stands. The words are those of interfaces and tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SigningState {
    /// It was read; nobody has decided about it.
    Received,
    /// Waits for people.
    PendingApproval,
    /// Enough people approved, or nobody has to.
    Approved,
    /// The certificate is chosen; signatures are being made.
    Signing,
    /// Every signature is there.
    Signed,
    /// The policies do not permit it. It is not kept.
    Denied,
    /// Somebody entitled said no.
    Rejected,
    /// Nobody decided in time.
    Expired,
    /// Given up by whoever asked, or for them.
    Cancelled,
    /// It was approved and cannot be signed.
    Failed,
}

/// What happens to a signing request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SigningEvent {
    /// The policies permit it; people have to agree.
    Admit,
    /// The policies do not permit it.
    Deny,
    /// The last approval that was needed; at once when none is.
    ApprovalsComplete,
    /// Somebody whose approval counted may no longer approve.
    ApprovalsLost,
    /// An approver says no.
    Reject,
    /// Whoever asked gives it up.
    Cancel,
    /// Its time is over.
    Expire,
    /// The certificate is chosen.
    BeginSigning,
    /// The last signature is recorded.
    FinishSigning,
    /// A rule stands against it for good.
    Fail,
}

/// An event that the state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request is {state}: {}", .state.why_not())]
pub struct WrongSigningState {
    /// Where the request stands.
    pub state: SigningState,
    /// What was tried.
    pub event: SigningEvent,
}

use SigningEvent as E;
use SigningState as S;

impl SigningState {
    /// Every state, in the order of a request's life.
    pub const ALL: [Self; 10] = [
        Self::Received,
        Self::PendingApproval,
        Self::Approved,
        Self::Signing,
        Self::Signed,
        Self::Denied,
        Self::Rejected,
        Self::Expired,
        Self::Cancelled,
        Self::Failed,
    ];

    /// States in which something can still happen.
    pub const OPEN: [Self; 3] = [Self::PendingApproval, Self::Approved, Self::Signing];

    /// Where `event` leads.
    ///
    /// # Errors
    /// [`WrongSigningState`] when it cannot happen here.
    pub fn after(self, event: SigningEvent) -> Result<Self, WrongSigningState> {
        match (self, event) {
            (S::Received, E::Admit) | (S::Approved, E::ApprovalsLost) => Ok(S::PendingApproval),
            (S::Received, E::Deny) => Ok(S::Denied),
            (S::Received | S::PendingApproval, E::ApprovalsComplete) => Ok(S::Approved),
            (S::PendingApproval | S::Approved, E::Reject) => Ok(S::Rejected),
            (S::PendingApproval | S::Approved, E::Cancel) => Ok(S::Cancelled),
            (S::PendingApproval | S::Approved | S::Signing, E::Expire) => Ok(S::Expired),
            (S::Approved, E::BeginSigning) => Ok(S::Signing),
            (S::Signing, E::FinishSigning) => Ok(S::Signed),
            (S::Approved | S::Signing, E::Fail) => Ok(S::Failed),
            (state, event) => Err(WrongSigningState { state, event }),
        }
    }

    /// Whether anything can still happen to it.
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::PendingApproval => "pending_approval",
            Self::Approved => "approved",
            Self::Signing => "signing",
            Self::Signed => "signed",
            Self::Denied => "denied",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    const fn why_not(self) -> &'static str {
        match self {
            Self::Received => "nobody has decided about it",
            Self::PendingApproval => "not enough people have approved it",
            Self::Approved => "enough people have approved it already",
            Self::Signing => "it is being signed at this moment",
            _ => "nothing more can be done with it",
        }
    }
}

impl fmt::Display for SigningState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Text that names no [`SigningState`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no state of a signing request")]
pub struct UnknownSigningState(String);

impl FromStr for SigningState {
    type Err = UnknownSigningState;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let state = Self::ALL.into_iter().find(|state| state.as_str() == word);
        state.ok_or_else(|| UnknownSigningState(word.to_owned()))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const EVENTS: [SigningEvent; 10] = [
        E::Admit,
        E::Deny,
        E::ApprovalsComplete,
        E::ApprovalsLost,
        E::Reject,
        E::Cancel,
        E::Expire,
        E::BeginSigning,
        E::FinishSigning,
        E::Fail,
    ];

    #[test]
    fn every_step_that_there_is() {
        let mut table = String::new();
        for state in S::ALL {
            for event in EVENTS {
                if let Ok(next) = state.after(event) {
                    let event = format!("{event:?}");
                    table.push_str(&format!("{state:<17}{event:<19}{next}\n"));
                }
            }
        }
        insta::assert_snapshot!(table, @r"
        received         Admit              pending_approval
        received         Deny               denied
        received         ApprovalsComplete  approved
        pending_approval ApprovalsComplete  approved
        pending_approval Reject             rejected
        pending_approval Cancel             cancelled
        pending_approval Expire             expired
        approved         ApprovalsLost      pending_approval
        approved         Reject             rejected
        approved         Cancel             cancelled
        approved         Expire             expired
        approved         BeginSigning       signing
        approved         Fail               failed
        signing          Expire             expired
        signing          FinishSigning      signed
        signing          Fail               failed
        ");
    }

    #[test]
    fn what_has_ended_stays_so_and_words_read_back() {
        for state in S::ALL {
            assert_eq!(state.to_string().parse(), Ok(state));
            let moves = EVENTS.iter().any(|event| state.after(*event).is_ok());
            assert_eq!(moves, state.is_open() || state == S::Received, "{state}");
        }
        "done".parse::<SigningState>().unwrap_err();
        let refusal = S::Signed.after(E::Cancel).unwrap_err();
        assert_eq!(refusal.to_string(), "the request is signed: nothing more can be done with it");
    }
}
