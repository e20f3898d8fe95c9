//! Who may do what: every issuance, revocation and administrative act is decided here before anything is persisted.
//!
//! [`Actor`] wants to do an [`Action`]; with feature `policy`, `PolicyEngine` asks Cedar and answers with a one-use
//! [`Permitted`] that names the policies which decided, or with [`Denied`]. Policies only narrow: what a type already
//! proves (names that were validated, bounds of a profile) is not theirs to widen.

pub mod action;
mod actor;
mod denied;
mod inquiry;
mod permitted;

#[cfg(feature = "policy")]
mod declaration;
#[cfg(feature = "policy")]
mod engine;
#[cfg(feature = "policy")]
mod entities;
#[cfg(feature = "policy")]
mod explanation;
#[cfg(feature = "policy")]
mod policy_set;
#[cfg(feature = "policy")]
mod source;

#[cfg(all(test, feature = "policy"))]
mod tests;

pub use action::{Action, Resource};
pub use actor::Actor;
#[cfg(feature = "policy")]
pub use declaration::{DeclaredAct, DeclaredAttribute, FactKind};
pub use denied::{Denied, Refusal};
#[cfg(feature = "policy")]
pub use engine::PolicyEngine;
#[cfg(feature = "policy")]
pub use explanation::{Considered, Effect, Explained, Explanation, Outcome, Unmet};
pub use inquiry::{EntityName, Fact, Inquiry, InvalidEntityName};
pub use permitted::{DecidingPolicy, Permitted, PolicySetHash};
#[cfg(feature = "policy")]
pub use policy_set::{DEFAULT_POLICIES, SCHEMA};
#[cfg(feature = "policy")]
pub use source::{Fault, InvalidPolicySet, PolicySource};
