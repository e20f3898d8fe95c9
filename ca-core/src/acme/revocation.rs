//! Who may revoke a certificate through ACME, and for which reasons (RFC 8555 §7.6).

use super::authorization::AuthorizationFacts;
use super::{Identifier, Problem, ProblemType};
use crate::policy::action::RevocationGround;
use crate::revocation::RevocationReason;
use crate::time::UnixTime;
use crate::x509::{GeneralName, SubjectPublicKeyInfo};

/// The reasons a client may give. The others speak of CA keys, holds and delta CRLs, which are not a subscriber's to declare.
const ALLOWED: [RevocationReason; 5] = [
    RevocationReason::Unspecified,
    RevocationReason::KeyCompromise,
    RevocationReason::AffiliationChanged,
    RevocationReason::Superseded,
    RevocationReason::CessationOfOperation,
];

// RFC 8555 §7.6: "If the server does not allow the reasonCode, it returns badRevocationReason"; without one it is unspecified.
/// Reads the `reason` of revokeCert.
///
/// # Errors
/// `badRevocationReason` with those that are allowed.
pub fn requested_reason(code: Option<i64>) -> Result<RevocationReason, Problem> {
    let Some(code) = code else { return Ok(RevocationReason::Unspecified) };
    let found = ALLOWED.into_iter().find(|reason| i64::from(reason.code()) == code);
    found.ok_or_else(|| bad_reason(format!("reason code {code} is not allowed: use {}", allowed())))
}

fn allowed() -> String {
    ALLOWED.map(|reason| format!("{} ({reason})", reason.code())).join(", ")
}

fn bad_reason(rule: String) -> Problem {
    Problem::new(ProblemType::BadRevocationReason, rule)
}

/// What the rules need to know of a certificate. `Account` is whatever the server tells accounts apart by.
#[derive(Clone, Debug)]
pub struct CertificateFacts<'a, Account> {
    /// The account it was issued to, if an account ordered it.
    pub account: Option<Account>,
    /// Its names.
    pub names: &'a [GeneralName],
    /// Its key.
    pub public_key: &'a SubjectPublicKeyInfo,
}

impl<Account: PartialEq> CertificateFacts<'_, Account> {
    // RFC 8555 §7.6: "the account that issued the certificate", "an account that holds authorizations for all of the identifiers in
    // the certificate".
    /// What entitles an account to revoke the certificate. `authorizations` are those it holds for the names; an account that the
    /// certificate was issued to needs none.
    ///
    /// # Errors
    /// `unauthorized` when nothing does.
    pub fn ground_of_account(
        &self,
        account: &Account,
        authorizations: &[AuthorizationFacts<Account>],
        now: UnixTime,
    ) -> Result<RevocationGround, Problem> {
        if self.account.as_ref() == Some(account) {
            return Ok(RevocationGround::IssuedToAccount);
        }
        let proves = |identifier: &Identifier| authorizations.iter().any(|a| a.proves(account, identifier, now));
        let proved =
            |name: &GeneralName| Identifier::from_general_name(name).is_some_and(|identifier| proves(&identifier));
        if !self.names.is_empty() && self.names.iter().all(proved) {
            return Ok(RevocationGround::HoldsAuthorizations);
        }
        let rule = "the certificate was not issued to this account, and it does not hold valid authorizations for all of its names";
        Err(Problem::unauthorized(rule))
    }

    // RFC 8555 §7.6: "the private key corresponding to the certificate".
    /// What entitles the holder of a key, who has signed the request with it.
    ///
    /// # Errors
    /// `unauthorized` when it is not the certificate's.
    pub fn ground_of_key(&self, key: &SubjectPublicKeyInfo) -> Result<RevocationGround, Problem> {
        match key == self.public_key {
            true => Ok(RevocationGround::HoldsKey),
            false => Err(Problem::unauthorized(
                "the request is signed with another key than the certificate's (RFC 8555 §7.6)",
            )),
        }
    }
}

/// Checks that a reason goes with the ground. That a key is compromised blocks it for ever, so it is for its holder or the account that
/// chose it to say, not for whoever controls the names now.
///
/// # Errors
/// `badRevocationReason`.
pub fn require_fitting(ground: RevocationGround, reason: RevocationReason) -> Result<(), Problem> {
    match ground {
        RevocationGround::HoldsAuthorizations if reason.condemns_key() => Err(bad_reason(format!(
            "{reason} can be declared by the account that ordered the certificate, or with its key"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "revocation_tests.rs"]
mod tests;
