//! Use cases about certificates outside an ACME order.

pub mod find;
pub mod issue;
pub mod revoke;
pub mod revoke_authority;
