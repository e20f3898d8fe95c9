//! The HSM layer's source of random octets: key material and nonces never come from outside.

use super::Failure;

/// Fills `octets` from the generator of aws-lc-rs.
#[expect(clippy::disallowed_methods, reason = "key material is made inside hsm/")]
pub(crate) fn fill(octets: &mut [u8]) -> Result<(), Failure> {
    aws_lc_rs::rand::fill(octets).map_err(|_| Failure::Engine("no random numbers"))
}

/// A fresh array.
pub(crate) fn array<const N: usize>() -> Result<[u8; N], Failure> {
    let mut octets = [0; N];
    fill(&mut octets)?;
    Ok(octets)
}
