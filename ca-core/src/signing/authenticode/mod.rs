//! Authenticode: what Windows verifies in programs and drivers, and UEFI in boot loaders.

pub mod pe;
pub(super) mod spc;
