//! The ticket that persisting takes: proof that the policies permitted this actor this act on this object.

use std::fmt;
use std::sync::Arc;

use super::action::Action;
use super::actor::{Actor, hexadecimal};

/// A policy that determined a decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DecidingPolicy {
    /// Its `@id`, or `file:line` if it has none.
    pub id: String,
    /// Its `@reason`, which clients may see.
    pub reason: String,
}

/// SHA-256 of the canonical text of a policy set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PolicySetHash([u8; 32]);

impl PolicySetHash {
    /// The hash of `canonical_text`.
    #[cfg(feature = "policy")]
    pub(super) fn of(canonical_text: &str) -> Self {
        use aws_lc_rs::digest;
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, canonical_text.as_bytes()).as_ref());
        Self(hash)
    }

    /// The 32 octets.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Lower-case hexadecimal, the form of the database.
impl fmt::Display for PolicySetHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal(&self.0))
    }
}

/// One permitted act, with the policies that permitted it. It cannot be cloned: a permission is used once.
///
/// Only `PolicyEngine::decide` makes it. Nothing else can:
///
/// ```compile_fail,E0451
/// use ca_core::policy::{action::ListCertificates, Actor, Permitted};
/// fn forge(real: Permitted<ListCertificates>) -> Permitted<ListCertificates> {
///     Permitted { actor: Actor::LocalRoot { os_user: "mallory".into() }, ..real }
/// }
/// ```
///
/// ```compile_fail,E0624
/// use ca_core::policy::{action::ListCertificates, Actor, Permitted};
/// let forged = Permitted::new(Actor::LocalRoot { os_user: "mallory".into() }, ListCertificates, Vec::new(), todo!());
/// ```
#[derive(Debug)]
#[must_use = "a permission that nobody uses was asked for in vain"]
pub struct Permitted<A: Action> {
    actor: Actor,
    action: A,
    policies: Vec<Arc<DecidingPolicy>>,
    policy_set_hash: PolicySetHash,
}

impl<A: Action> Permitted<A> {
    #[cfg(feature = "policy")]
    pub(super) fn new(
        actor: Actor,
        action: A,
        policies: Vec<Arc<DecidingPolicy>>,
        policy_set_hash: PolicySetHash,
    ) -> Self {
        Self { actor, action, policies, policy_set_hash }
    }

    /// Who may do it.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What may be done.
    pub fn action(&self) -> &A {
        &self.action
    }

    /// The policies that permitted it, ordered by id; over all identifiers if there are several.
    pub fn policies(&self) -> impl Iterator<Item = &DecidingPolicy> {
        self.policies.iter().map(AsRef::as_ref)
    }

    /// Which set of policies decided.
    pub fn policy_set_hash(&self) -> PolicySetHash {
        self.policy_set_hash
    }
}
