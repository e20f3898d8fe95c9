//! Cryptographic Message Syntax (RFC 5652), as far as this CA speaks it.
//!
//! `signed_data` makes messages around a signature from an HSM; `reader` reads them again with code of its own, so that
//! what leaves this server was understood twice.

pub(crate) mod algorithm;
pub mod certs_only;
pub(crate) mod ess;
pub(crate) mod oid;
pub(crate) mod reader;
pub(crate) mod signed_data;
pub(crate) mod tlv;

pub use reader::SignerFault;
