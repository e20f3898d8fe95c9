//! Cryptographic Message Syntax (RFC 5652), as far as this CA speaks it.

pub mod certs_only;
