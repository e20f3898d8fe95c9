#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;
/// Something that looks like a PKCS #7 structure.
const PKCS7: &[u8] = &[0x30, 3, 2, 1, 5];

/// A PE32+ (or PE32) image with one section of `octets` behind headers of 512.
fn image(wide: bool, octets: usize) -> Vec<u8> {
    let optional_size = if wide { 240_u16 } else { 224 };
    let mut image = vec![0; 512];
    let mut put = |at: usize, octets: &[u8]| image.splice(at..at + octets.len(), octets.iter().copied()).for_each(drop);
    put(0, b"MZ");
    put(0x3c, &64_u32.to_le_bytes());
    put(64, b"PE\0\0");
    put(68, &if wide { 0x8664_u16 } else { 0x14c }.to_le_bytes());
    put(70, &1_u16.to_le_bytes());
    put(84, &optional_size.to_le_bytes());
    put(88, &if wide { 0x20b_u16 } else { 0x10b }.to_le_bytes());
    put(88 + if wide { 108 } else { 92 }, &16_u32.to_le_bytes());
    let section = 88 + usize::from(optional_size);
    put(section, b".text");
    put(section + 16, &u32::try_from(octets).unwrap().to_le_bytes());
    put(section + 20, &512_u32.to_le_bytes());
    image.extend((0..octets).map(|index| u8::try_from(index % 251).unwrap()));
    image
}

fn refusal(bytes: &[u8]) -> String {
    Image::parse(bytes).unwrap_err().to_string()
}

#[test]
fn a_signature_goes_in_and_comes_out_and_the_digest_stays() {
    for (wide, octets) in [(true, 100), (true, 103), (false, 96), (false, 1)] {
        let bytes = image(wide, octets);
        let unsigned = Image::parse(&bytes).unwrap().unsigned().unwrap();
        assert_eq!(unsigned.signature(), Ok(None));
        let signed = unsigned.embed(PKCS7).unwrap();
        assert_eq!(signed.len() % 8, 0);
        let again = Image::parse(&signed).unwrap();
        assert_eq!(again.signature(), Ok(Some(PKCS7)));
        assert_eq!(again.digest(SHA256), unsigned.digest(SHA256));
        // Another one replaces it.
        let other = &[0x30, 1, 0];
        let replaced = again.embed(other).unwrap();
        assert_eq!(Image::parse(&replaced).unwrap().signature(), Ok(Some(&other[..])));
        assert_eq!(Image::parse(&replaced).unwrap().digest(SHA256), unsigned.digest(SHA256));
        assert_eq!(again.unsigned().unwrap_err(), InvalidImage::AlreadySigned);
    }
}

#[test]
fn every_octet_counts_but_checksum_and_directory_entry() {
    let bytes = image(true, 20);
    let digest = Image::parse(&bytes).unwrap().digest(SHA256);
    let free = [88 + 64..88 + 68, 88 + 112 + 32..88 + 112 + 40];
    for place in 0..bytes.len() {
        let mut other = bytes.clone();
        other[place] ^= 1;
        let Ok(other) = Image::parse(&other) else { continue };
        let counts = !free.iter().any(|range| range.contains(&place));
        assert_eq!(other.digest(SHA256) != digest, counts, "octet {place}");
    }
}

#[test]
fn what_is_no_image_is_refused() {
    assert!(refusal(b"").starts_with("this is no Portable Executable"));
    assert!(refusal(b"MZ").starts_with("this is no Portable Executable"));
    assert!(refusal(&[0x7f; 4096]).starts_with("this is no Portable Executable"));
    let mut few = image(true, 8);
    few[88 + 108] = 4;
    assert!(refusal(&few).contains("data directory ends before"));
}

#[test]
fn a_truncated_image_is_refused_at_every_length() {
    let bytes = image(true, 64);
    for length in 0..bytes.len() {
        Image::parse(&bytes[..length]).unwrap_err();
    }
    assert_eq!(refusal(&bytes[..540]), "the image is truncated: its section .text lies beyond the end of the file");
    let signed = Image::parse(&bytes).unwrap().embed(PKCS7).unwrap();
    for length in 0..signed.len() {
        Image::parse(&signed[..length]).unwrap_err();
    }
}

#[test]
fn octets_behind_the_certificate_table_are_refused() {
    let mut signed = Image::parse(&image(true, 64)).unwrap().embed(PKCS7).unwrap();
    signed.extend([0; 8]);
    assert_eq!(
        refusal(&signed),
        "the image is truncated or was appended to: its certificate table is not the end of the file"
    );
}

#[test]
fn only_der_is_embedded_and_only_pkcs7_is_read() {
    let bytes = image(true, 64);
    let unsigned = Image::parse(&bytes).unwrap();
    for wrong in [&b""[..], b"-----BEGIN", &[0x30, 3, 1], &[0x30, 1, 0, 0], &[0x30, 0x80, 0, 0]] {
        assert_eq!(unsigned.embed(wrong), Err(InvalidImage::NoSignature), "{wrong:?}");
    }
    let mut signed = unsigned.embed(PKCS7).unwrap();
    let kind = signed.len() - 16 + 6;
    signed[kind] = 1;
    assert_eq!(Image::parse(&signed).unwrap().signature(), Err(InvalidImage::NoSignature));
}

#[test]
fn octets_that_nobody_signed_are_refused_in_the_certificate_table() {
    let signed = Image::parse(&image(true, 64)).unwrap().embed(PKCS7).unwrap();
    let table = signed.len() - 16;
    let padded = |extra: &[u8], inside: bool| {
        let mut other = [&signed[..], extra].concat();
        let size = u32::try_from(16 + extra.len()).unwrap().to_le_bytes();
        other[88 + 112 + 36..88 + 112 + 40].copy_from_slice(&size);
        if inside {
            other[table..table + 4].copy_from_slice(&size);
        }
        Image::parse(&other).unwrap().signature().map(|signature| signature.map(<[u8]>::to_vec))
    };
    assert_eq!(padded(&[], true), Ok(Some(PKCS7.to_vec())));
    // The padding of this signature has three octets: four more are as many as may be.
    assert_eq!(padded(&[0; 4], true), Ok(Some(PKCS7.to_vec())));
    for inside in [true, false] {
        assert_eq!(padded(&[0; 8], inside), Err(InvalidImage::Unauthenticated));
        assert_eq!(padded(b"payload!", inside), Err(InvalidImage::Unauthenticated));
        // A second signature.
        assert_eq!(padded(&signed[table..], inside), Err(InvalidImage::Unauthenticated));
    }
    let mut other = signed.clone();
    *other.last_mut().unwrap() = 1;
    let refusal = Image::parse(&other).unwrap().signature().unwrap_err().to_string();
    assert!(refusal.ends_with("besides its one signature, which nobody signed"), "{refusal}");
}

proptest! {
    #[test]
    fn garbage_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Image::parse(&bytes);
    }

    #[test]
    fn damaged_images_are_read_or_refused(
        wide: bool,
        signed: bool,
        damage in proptest::collection::vec((0_usize..400, any::<u8>()), 1..12),
    ) {
        let mut bytes = image(wide, 77);
        if signed {
            bytes = Image::parse(&bytes).unwrap().embed(PKCS7).unwrap();
        }
        for (place, octet) in damage {
            bytes[place] = octet;
        }
        if let Ok(image) = Image::parse(&bytes) {
            image.digest(SHA256);
            let _ = image.signature();
            if let Ok(signed) = image.embed(PKCS7) {
                prop_assert_eq!(Image::parse(&signed).unwrap().digest(SHA256), image.digest(SHA256));
            }
        }
    }
}
