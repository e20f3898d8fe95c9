#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::openssl::OpenSsl;

/// Lines of a kind and a modulus.
const MODULI: &str = include_str!("moduli.txt");

const F4: &[u8] = &[1, 0, 1];

fn octets(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len()).step_by(2).map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap()).collect()
}

fn modulus_of(kind: &str) -> Vec<u8> {
    let line = MODULI.lines().find_map(|line| line.strip_prefix(&format!("{kind} ")));
    octets(line.unwrap())
}

fn verdict(modulus: &[u8], exponent: &[u8]) -> Result<(), WeakKey> {
    check(&SubjectPublicKeyInfo::from_rsa(modulus, exponent).unwrap())
}

/// A modulus of OpenSSL's.
fn sound_modulus(bits: u32) -> Vec<u8> {
    let openssl = OpenSsl::new();
    openssl.run(&format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -outform DER -out key.der"));
    let der = openssl.run("pkey -inform DER -in key.der -pubout -outform DER");
    let key = SubjectPublicKeyInfo::from_der(&der).unwrap();
    assert_eq!(check(&key), Ok(()));
    key.rsa().unwrap().modulus.as_bytes().to_vec()
}

#[test]
fn sound_rsa_keys_pass_and_their_exponents_matter() {
    let modulus = sound_modulus(2048);
    for (exponent, expected) in [
        ([3].as_slice(), Err(WeakKey::ExponentTooSmall)),
        (&[1], Err(WeakKey::ExponentTooSmall)),
        (&[0], Err(WeakKey::ExponentTooSmall)),
        (&[0xff, 0xff], Err(WeakKey::ExponentTooSmall)),
        (&[1, 0, 0], Err(WeakKey::ExponentTooSmall)),
        (&[1, 0, 2], Err(WeakKey::ExponentTooSmall)),
        (&[1, 0xff, 0xff, 0xff, 0xff], Ok(())),
        (&[2, 0, 0, 0, 1], Err(WeakKey::ExponentTooLarge)),
        (&[1, 0, 0, 0, 0, 0, 0, 0, 0, 1], Err(WeakKey::ExponentTooLarge)),
    ] {
        assert_eq!(verdict(&modulus, exponent), expected, "{exponent:?}");
    }
    assert_eq!(verdict(&modulus_of("sound-4096"), F4), Ok(()));
}

#[test]
fn the_length_of_the_modulus_is_bounded() {
    let of_bits = |bits: usize| {
        let mut modulus = vec![0xff; bits.div_ceil(8)];
        modulus[0] >>= modulus.len() * 8 - bits;
        verdict(&modulus, F4)
    };
    assert_eq!(of_bits(1024), Err(WeakKey::ModulusTooShort(1024)));
    assert_eq!(of_bits(2047), Err(WeakKey::ModulusTooShort(2047)));
    assert_eq!(of_bits(2049), Err(WeakKey::ModulusUnevenLength(2049)));
    assert_eq!(of_bits(4097), Err(WeakKey::ModulusTooLong(4097)));
    assert_eq!(of_bits(8192), Err(WeakKey::ModulusTooLong(8192)));
}

#[test]
fn small_factors_are_found() {
    let mut even = sound_modulus(2048);
    *even.last_mut().unwrap() -= 1;
    assert_eq!(verdict(&even, F4), Err(WeakKey::SmallFactor(2)));
    for factor in [3, 9967, 9973] {
        assert_eq!(verdict(&modulus_of(&format!("factor-{factor}")), F4), Err(WeakKey::SmallFactor(factor)));
    }
}

#[test]
fn the_traces_of_broken_generators_are_found() {
    assert_eq!(verdict(&modulus_of("roca"), F4), Err(WeakKey::Roca));
    assert_eq!(verdict(&modulus_of("close"), F4), Err(WeakKey::CloseFactors));
    assert_eq!(verdict(&modulus_of("square"), F4), Err(WeakKey::CloseFactors));
}

#[test]
fn points_off_their_curve_are_found() {
    for algorithm in [KeyAlgorithm::EcdsaP256, KeyAlgorithm::EcdsaP384, KeyAlgorithm::EcdsaP521] {
        let curve = match algorithm {
            KeyAlgorithm::EcdsaP256 => "P-256",
            KeyAlgorithm::EcdsaP384 => "P-384",
            _ => "P-521",
        };
        let openssl = OpenSsl::new();
        openssl.run(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -outform DER -out key.der"));
        let key =
            SubjectPublicKeyInfo::from_der(&openssl.run("pkey -inform DER -in key.der -pubout -outform DER")).unwrap();
        assert_eq!(check(&key), Ok(()));
        let changed = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut point = key.key_bits().to_vec();
            change(&mut point);
            check(&SubjectPublicKeyInfo::from_point(algorithm, &point).unwrap())
        };
        assert_eq!(changed(&|point| *point.last_mut().unwrap() ^= 1), Err(WeakKey::NotOnCurve));
        assert_eq!(changed(&|point| point[1..].fill(0)), Err(WeakKey::NotOnCurve));
        assert_eq!(changed(&|point| point[1..].fill(0xff)), Err(WeakKey::NotOnCurve));
    }
}

#[test]
fn unsound_edwards_points_are_found() {
    let verdict = |hexadecimal: &str| {
        check(&SubjectPublicKeyInfo::from_point(KeyAlgorithm::Ed25519, &octets(hexadecimal)).unwrap())
    };
    // RFC 8032 §7.1, the public key of test 1.
    let sound = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(verdict(sound), Ok(()));
    let zeros = "00".repeat(31);
    assert_eq!(verdict(&format!("01{zeros}")), Err(WeakKey::SmallOrder), "the neutral element");
    assert_eq!(verdict(&format!("00{zeros}")), Err(WeakKey::SmallOrder), "order 4");
    assert_eq!(verdict(&format!("02{zeros}")), Err(WeakKey::NotOnCurve));
    // y = p + 3 stands for y = 3, a point of the curve.
    assert_eq!(verdict(&format!("03{zeros}")), Ok(()));
    assert_eq!(verdict(&format!("f0{}7f", "ff".repeat(30))), Err(WeakKey::NotOnCurve));
}
