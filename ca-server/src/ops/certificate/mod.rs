//! Use cases about certificates outside an ACME order.

pub mod bulk;
pub mod care;
pub mod decode;
pub mod detail;
pub mod download;
pub mod expiry;
mod expiry_notice;
pub mod find;
pub mod issue;
pub mod preview;
pub mod revoke;
pub mod revoke_authority;
pub mod search;
