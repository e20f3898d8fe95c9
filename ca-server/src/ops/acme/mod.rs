//! Use cases of ACME (RFC 8555). Every resource is found by (account, id).

pub mod account;
pub mod accounts;
pub mod authorization;
pub mod certificate;
pub mod challenge;
pub mod evidence;
pub mod finalize;
pub mod inspect;
pub mod key_change;
pub mod names;
pub mod new_account;
pub mod new_order;
pub mod nonces;
pub mod order;
pub mod request;
pub mod revoke;
pub mod view;

use ca_core::policy::Actor;

pub use view::{AuthorizationView, ChallengeView};

use crate::store::fields::AccountId;

/// Where a request came from, for the audit.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The client's address.
    pub address: String,
    /// The request's id.
    pub request_id: String,
}

/// An account that proved itself in this request.
#[derive(Clone, Debug)]
pub struct Requester {
    /// The ACME endpoint.
    pub endpoint: String,
    /// The account.
    pub account: AccountId,
    /// Who asks, as policies see it.
    pub actor: Actor,
    /// Where from.
    pub origin: Origin,
}
