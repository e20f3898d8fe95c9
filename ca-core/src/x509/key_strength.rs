//! Public keys that nobody should trust: too short, malformed, or from a generator known to be broken.

mod rsa;

use super::{KeyAlgorithm, SubjectPublicKeyInfo};

pub use rsa::{MAX_MODULUS_BITS, MIN_MODULUS_BITS};

/// Why a public key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakKey {
    /// The modulus is shorter than [`MIN_MODULUS_BITS`].
    #[error("the RSA modulus has {0} bits, fewer than {MIN_MODULUS_BITS}")]
    ModulusTooShort(u32),
    /// The modulus is longer than [`MAX_MODULUS_BITS`].
    #[error("the RSA modulus has {0} bits, more than {MAX_MODULUS_BITS}")]
    ModulusTooLong(u32),
    /// No sound generator makes such lengths.
    #[error("the RSA modulus has {0} bits, which is no multiple of 8")]
    ModulusUnevenLength(u32),
    /// The modulus has a factor that trial division finds.
    #[error("the RSA modulus is divisible by {0}")]
    SmallFactor(u32),
    /// Below 65537 or even: broken by padding attacks, or no RSA exponent at all.
    #[error("the RSA public exponent is even or less than 65537")]
    ExponentTooSmall,
    /// Above 33 bits: slow to verify with, and made by no sound generator.
    #[error("the RSA public exponent has more than 33 bits")]
    ExponentTooLarge,
    /// CVE-2017-15361: the private key can be computed.
    #[error("the RSA modulus bears the fingerprint of a broken generator (ROCA, CVE-2017-15361)")]
    Roca,
    /// The prime factors lie so close together that Fermat's method finds them (CVE-2022-26320).
    #[error("the prime factors of the RSA modulus are too close together")]
    CloseFactors,
    /// The coordinates do not satisfy the equation of the curve.
    #[error("the public key is not a point on its curve")]
    NotOnCurve,
    /// A point of small order: signatures under it prove nothing.
    #[error("the Ed25519 public key is a point of small order")]
    SmallOrder,
}

/// Judges a key by itself. Whether it is on a list of known ones is asked elsewhere: `x509::blocked_keys` and the
/// database.
///
/// # Errors
/// [`WeakKey`] with the first reason found.
pub fn check(key: &SubjectPublicKeyInfo) -> Result<(), WeakKey> {
    let bits = key.key_bits();
    match key.algorithm() {
        KeyAlgorithm::Rsa { modulus_bits } => rsa::check(key, modulus_bits),
        // NIST SP 800-56A §5.6.2.3.3. The cofactor is 1: a point on the curve other than infinity, which has no
        // uncompressed form, has the full order.
        KeyAlgorithm::EcdsaP256 => on_curve(p256::PublicKey::from_sec1_bytes(bits).is_ok()),
        KeyAlgorithm::EcdsaP384 => on_curve(p384::PublicKey::from_sec1_bytes(bits).is_ok()),
        KeyAlgorithm::EcdsaP521 => on_curve(p521::PublicKey::from_sec1_bytes(bits).is_ok()),
        KeyAlgorithm::Ed25519 => edwards_point(bits),
    }
}

fn on_curve(is: bool) -> Result<(), WeakKey> {
    if is { Ok(()) } else { Err(WeakKey::NotOnCurve) }
}

fn edwards_point(octets: &[u8]) -> Result<(), WeakKey> {
    let octets = octets.try_into().map_err(|_| WeakKey::NotOnCurve)?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(octets).map_err(|_| WeakKey::NotOnCurve)?;
    if key.is_weak() {
        return Err(WeakKey::SmallOrder);
    }
    // RFC 8032 §5.1.3: an encoded coordinate of p or more fails to decode.
    on_curve(key.to_edwards().compress().as_bytes() == octets)
}

#[cfg(test)]
mod tests;
