//! Authenticode: what Windows verifies in programs and drivers, and UEFI in boot loaders.

pub(super) mod spc;
