//! Authenticode: signatures inside Windows and EFI programs.

pub mod pe;
