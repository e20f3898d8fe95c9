//! Signet.
