//! Orders (RFC 8555 §7.1.3, §7.4): their status, and the only way from a proof of control to the names of a certificate.

use std::collections::BTreeSet;

use super::authorization::{AuthorizationFacts, AuthorizationStatus};
use super::words::words;
use super::{Identifier, Problem, ProblemType};
use crate::time::UnixTime;
use crate::x509::GeneralName;

words! {
    /// How far the issuance for an order has come, as stored.
    Finalization as "finalization" {
        /// No CSR was accepted.
        None = "none",
        /// A CSR was accepted and the certificate is being made.
        Processing = "processing",
        /// There is a certificate.
        Issued = "issued",
        /// There will be none.
        Failed = "failed",
    }
}

words! {
    /// Status of an order as a client sees it (RFC 8555 §7.1.6).
    OrderStatus as "order status" {
        /// Authorizations are missing.
        Pending = "pending",
        /// It can be finalized.
        Ready = "ready",
        /// The certificate is being made.
        Processing = "processing",
        /// The certificate can be fetched.
        Valid = "valid",
        /// It has failed or is over.
        Invalid = "invalid",
    }
}

/// What the rules need to know of an order. `Account` is whatever the server tells accounts apart by.
#[derive(Clone, Debug)]
pub struct OrderFacts<Account> {
    /// The account that holds it.
    pub account: Account,
    /// The identifiers, wildcards with their `*.`.
    pub identifiers: Vec<Identifier>,
    /// Its authorizations.
    pub authorizations: Vec<AuthorizationFacts<Account>>,
    /// How far issuance has come.
    pub finalization: Finalization,
    /// From when on it is over unless its certificate is made or being made.
    pub expires_at: UnixTime,
}

/// What a finalize request leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalizeRequest {
    /// The CSR is looked at and issuance begins.
    Issue,
    /// The certificate is made or being made: the client is shown the order, whatever its CSR says.
    Show,
}

impl<Account: PartialEq> OrderFacts<Account> {
    // RFC 8555 §7.1.6: ready once all authorizations are valid; invalid "if the order expires or one of its authorizations enters a
    // final state other than valid". From the accepted CSR on only issuance decides.
    /// The status at an instant.
    pub fn status(&self, now: UnixTime) -> OrderStatus {
        match self.finalization {
            Finalization::Processing => OrderStatus::Processing,
            Finalization::Issued => OrderStatus::Valid,
            Finalization::Failed => OrderStatus::Invalid,
            Finalization::None if self.expires_at <= now => OrderStatus::Invalid,
            Finalization::None => self.authorization_progress(now),
        }
    }

    fn authorization_progress(&self, now: UnixTime) -> OrderStatus {
        let status = |authorization: &AuthorizationFacts<Account>| authorization.status(now);
        let over = |status| !matches!(status, AuthorizationStatus::Pending | AuthorizationStatus::Valid);
        if self.authorizations.iter().map(status).any(over) {
            OrderStatus::Invalid
        } else if self.unproved(now).is_empty() {
            OrderStatus::Ready
        } else {
            OrderStatus::Pending
        }
    }

    /// The identifiers that no authorization of this order proves now.
    fn unproved(&self, now: UnixTime) -> Vec<&Identifier> {
        let proved =
            |identifier: &Identifier| self.authorizations.iter().any(|a| a.proves(&self.account, identifier, now));
        self.identifiers.iter().filter(|identifier| !proved(identifier)).collect()
    }

    // RFC 8555 §7.4: "A request to finalize an order will result in error if the order is not in the 'ready' state", 403 orderNotReady.
    // A repeated request, or the loser of a race, is shown the order instead: clients repeat requests whose answer was lost.
    /// Decides what to do with a finalize request.
    ///
    /// # Errors
    /// `orderNotReady` for a pending or invalid order.
    pub fn finalize(&self, now: UnixTime) -> Result<FinalizeRequest, Problem> {
        match self.status(now) {
            OrderStatus::Ready => Ok(FinalizeRequest::Issue),
            OrderStatus::Processing | OrderStatus::Valid => Ok(FinalizeRequest::Show),
            OrderStatus::Pending => {
                Err(not_ready(format!("authorizations are missing for {}", list(self.unproved(now)))))
            }
            OrderStatus::Invalid => Err(not_ready("it is invalid: make a new one".to_owned())),
        }
    }

    /// Turns the order of an account into names that may be certified: every identifier is proved by a valid, unexpired authorization
    /// of that account, and the CSR asks for exactly the order's names.
    ///
    /// # Errors
    /// `unauthorized` for another account's order, `orderNotReady` when a name is not proved, `badCSR` when the names differ
    /// (RFC 8555 §7.4: "The CSR MUST indicate the exact same set of requested identifiers as the initial newOrder request").
    pub fn authorize(
        &self,
        account: &Account,
        csr_names: &[GeneralName],
        now: UnixTime,
    ) -> Result<AuthorizedNames, Problem> {
        if *account != self.account {
            return Err(Problem::unauthorized("the order belongs to another account"));
        }
        let unproved = self.unproved(now);
        if self.identifiers.is_empty() || !unproved.is_empty() {
            return Err(not_ready(format!("authorizations are missing for {}", list(unproved))));
        }
        let ordered: BTreeSet<GeneralName> = self.identifiers.iter().map(Identifier::to_general_name).collect();
        require_same(&ordered, &csr_names.iter().cloned().collect())?;
        Ok(AuthorizedNames(ordered.into_iter().collect()))
    }
}

/// Names that an account has proved to control and ordered, sorted, at least one. Only [`OrderFacts::authorize`] makes them, and
/// nothing in an ACME certificate's subjectAltName comes from anywhere else.
#[derive(Debug, PartialEq, Eq)]
pub struct AuthorizedNames(Vec<GeneralName>);

impl AuthorizedNames {
    /// The names.
    pub fn as_slice(&self) -> &[GeneralName] {
        &self.0
    }

    /// The names, for the certificate.
    pub fn into_names(self) -> Vec<GeneralName> {
        self.0
    }
}

fn not_ready(rule: String) -> Problem {
    Problem::new(ProblemType::OrderNotReady, format!("the order is not ready: {rule}"))
}

fn require_same(ordered: &BTreeSet<GeneralName>, requested: &BTreeSet<GeneralName>) -> Result<(), Problem> {
    let (missing, extra) = (list(ordered.difference(requested)), list(requested.difference(ordered)));
    let rule = match (missing.is_empty(), extra.is_empty()) {
        (true, true) => return Ok(()),
        (false, true) => format!("{missing} is missing"),
        (true, false) => format!("{extra} was not ordered"),
        (false, false) => format!("{missing} is missing, {extra} was not ordered"),
    };
    Err(Problem::new(
        ProblemType::BadCsr,
        format!("the names of the CSR must be those of the order (RFC 8555 §7.4): {rule}"),
    ))
}

/// Most names that an error lists.
const LISTED: usize = 10;

fn list<T: ToString>(names: impl IntoIterator<Item = T>) -> String {
    let mut names = names.into_iter().map(|name| name.to_string());
    let shown = names.by_ref().take(LISTED).collect::<Vec<_>>().join(", ");
    match names.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
