//! RSA numbers: their size, small factors, and the traces that broken generators leave.

use p256::elliptic_curve::bigint::U4096;

use super::WeakKey;
use crate::x509::SubjectPublicKeyInfo;

/// Bits of the shortest modulus accepted (NIST SP 800-131A).
pub const MIN_MODULUS_BITS: u32 = 2048;

/// Bits of the longest modulus accepted: beyond it verification costs everyone time and adds nothing.
pub const MAX_MODULUS_BITS: u32 = 4096;

/// Steps of Fermat's method. Each multiplies the reach; those of real broken generators fall within a few.
const FERMAT_STEPS: u32 = 100;

pub(super) fn check(key: &SubjectPublicKeyInfo, modulus_bits: u32) -> Result<(), WeakKey> {
    length(modulus_bits)?;
    let numbers = key.rsa().ok_or(WeakKey::ModulusTooShort(0))?;
    exponent(numbers.public_exponent.as_bytes())?;
    let modulus = Modulus::from_octets(numbers.modulus.as_bytes());
    modulus.small_factor().map_or(Ok(()), |factor| Err(WeakKey::SmallFactor(factor)))?;
    if modulus.has_roca_fingerprint() {
        return Err(WeakKey::Roca);
    }
    if modulus.has_close_factors() { Err(WeakKey::CloseFactors) } else { Ok(()) }
}

fn length(bits: u32) -> Result<(), WeakKey> {
    match bits {
        ..MIN_MODULUS_BITS => Err(WeakKey::ModulusTooShort(bits)),
        _ if bits > MAX_MODULUS_BITS => Err(WeakKey::ModulusTooLong(bits)),
        _ if !bits.is_multiple_of(8) => Err(WeakKey::ModulusUnevenLength(bits)),
        _ => Ok(()),
    }
}

// NIST SP 800-89 §5.3.3: the exponent is odd and at least 65537. The upper bound is that of the verifiers in use.
fn exponent(octets: &[u8]) -> Result<(), WeakKey> {
    if octets.len() > 8 {
        return Err(WeakKey::ExponentTooLarge);
    }
    let value = octets.iter().fold(0_u64, |value, octet| value << 8 | u64::from(*octet));
    match value {
        _ if value < 65_537 || value.is_multiple_of(2) => Err(WeakKey::ExponentTooSmall),
        _ if value >= 1 << 33 => Err(WeakKey::ExponentTooLarge),
        _ => Ok(()),
    }
}

/// A modulus of at most [`MAX_MODULUS_BITS`] bits, most significant limb first.
struct Modulus([u32; 128]);

impl Modulus {
    fn from_octets(octets: &[u8]) -> Self {
        let mut limbs = [0; 128];
        for (limb, chunk) in limbs.iter_mut().rev().zip(octets.rchunks(4)) {
            *limb = chunk.iter().fold(0, |limb, octet| limb << 8 | u32::from(*octet));
        }
        Self(limbs)
    }

    fn modulo(&self, divisor: u32) -> u32 {
        let divisor = u64::from(divisor);
        let remainder = self.0.iter().fold(0_u64, |remainder, limb| (remainder << 32 | u64::from(*limb)) % divisor);
        u32::try_from(remainder).unwrap_or(u32::MAX)
    }

    /// The smallest prime factor below 10,000. Two primes share one division of the whole number: their product fits.
    fn small_factor(&self) -> Option<u32> {
        PRIMES.chunks(2).find_map(|pair| {
            let rest = self.modulo(pair.iter().map(|prime| u32::from(*prime)).product());
            pair.iter().map(|prime| u32::from(*prime)).find(|prime| rest.is_multiple_of(*prime))
        })
    }

    /// Primes of the broken generator are k·M + (65537^a mod M) where M is the product of the first primes, up to 701 for
    /// a modulus of 2048 bits. So the modulus is a power of 65537 modulo each of them, which for others happens
    /// once in far more than 2^60 times (Nemec and others, *The Return of Coppersmith's Attack*, 2017).
    fn has_roca_fingerprint(&self) -> bool {
        let primes = PRIMES.iter().skip(1).map(|prime| u32::from(*prime)).take_while(|prime| *prime <= 701);
        primes.into_iter().all(|prime| is_power_of_65537(self.modulo(prime), prime))
    }

    /// Fermat: n = a² - b² with a just above √n if the factors a + b and a - b lie close together.
    fn has_close_factors(&self) -> bool {
        let mut octets = [0; 512];
        for (chunk, limb) in octets.chunks_mut(4).zip(self.0) {
            chunk.copy_from_slice(&limb.to_be_bytes());
        }
        let modulus = U4096::from_be_slice(&octets);
        let mut a = modulus.floor_sqrt_vartime();
        // Modulo 2^4096, which the difference is far below even where a² is not.
        let mut b_squared = a.wrapping_mul(&a).wrapping_sub(&modulus);
        (0..=FERMAT_STEPS).any(|_| {
            let found = is_square(&b_squared);
            b_squared = b_squared.wrapping_add(&a).wrapping_add(&a).wrapping_add(&U4096::ONE);
            a = a.wrapping_add(&U4096::ONE);
            found
        })
    }
}

fn is_power_of_65537(value: u32, prime: u32) -> bool {
    let generator = 65_537 % prime;
    let next = |power: &u32| Some(power * generator % prime).filter(|power| *power != 1);
    std::iter::successors(Some(1), next).any(|power| power == value)
}

fn is_square(value: &U4096) -> bool {
    // Squares leave 12 of 64 remainders: five roots in six need not be taken.
    const REMAINDERS: [u8; 12] = [0, 1, 4, 9, 16, 17, 25, 33, 36, 41, 49, 57];
    let low = value.to_le_bytes().as_ref().first().map_or(0, |octet| octet % 64);
    REMAINDERS.contains(&low) && {
        let root = value.floor_sqrt_vartime();
        root.wrapping_mul(&root) == *value
    }
}

/// The primes below 10,000.
const PRIMES: [u16; 1229] = {
    let mut composite = [false; 10_000];
    let mut primes = [0; 1229];
    let (mut count, mut candidate) = (0, 2);
    while candidate < composite.len() {
        if !composite[candidate] {
            primes[count] = candidate as u16;
            count += 1;
            let mut multiple = candidate * candidate;
            while multiple < composite.len() {
                composite[multiple] = true;
                multiple += candidate;
            }
        }
        candidate += 1;
    }
    primes
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primes_are_prime() {
        assert_eq!((PRIMES.first(), PRIMES.last()), (Some(&2), Some(&9973)));
        assert!(PRIMES.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(PRIMES.iter().all(|prime| (2..*prime).take_while(|d| d * d <= *prime).all(|d| prime % d != 0)));
    }

    #[test]
    fn long_division_is_right() {
        let octets: Vec<u8> = (1..=200).collect();
        let by_octet =
            |divisor: u32| octets.iter().fold(0, |rest, octet| (rest * 256 + u64::from(*octet)) % u64::from(divisor));
        for divisor in [2, 3, 9973 * 9967, 65_537, u32::MAX] {
            assert_eq!(u64::from(Modulus::from_octets(&octets).modulo(divisor)), by_octet(divisor));
        }
    }
}
