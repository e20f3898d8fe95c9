//! Time-based codes (RFC 6238), the second factor.

use std::fmt::Write as _;

use ca_core::time::UnixTime;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// Octets of a secret: RFC 4226 §4 recommends 160 bits.
const SECRET: usize = 20;

/// A secret that an operator's authenticator shares.
pub struct TotpSecret(Zeroizing<[u8; SECRET]>);

impl TotpSecret {
    /// A new one.
    pub fn fresh(entropy: &Entropy) -> Self {
        Self(Zeroizing::new(entropy.bytes()))
    }

    /// The secret of stored octets.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(octets.try_into().ok()?)))
    }

    /// The octets to be sealed.
    pub fn octets(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The text that people type when they cannot scan: base32 (RFC 4648 §6), in groups of four.
    pub fn spelled(&self) -> Zeroizing<String> {
        let text = base32(self.octets());
        let groups: Vec<&str> = (0..text.len()).step_by(4).map(|at| &text[at..text.len().min(at + 4)]).collect();
        Zeroizing::new(groups.join(" "))
    }

    /// What an authenticator scans.
    pub fn uri(&self, issuer: &str, name: &str) -> Zeroizing<String> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (issuer, name) = (encoded(issuer), encoded(name));
        let secret = Zeroizing::new(base32(self.octets()));
        let secret = secret.as_str();
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{name}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
        ))
    }

    /// The time step that a code belongs to, one before or after the present one at most (RFC 6238 §5.2). Each step may be
    /// used once: the caller remembers it.
    pub fn step_of(&self, code: &str, now: UnixTime) -> Option<i64> {
        let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let step = self.totp()?.check(&digits, u64::try_from(now.seconds()).ok()?)?;
        i64::try_from(step).ok()
    }

    fn totp(&self) -> Option<Totp> {
        Builder::new().with_secret(Secret::new_stack(*self.0)).build().ok()
    }
}

fn base32(octets: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(octets.len().div_ceil(5) * 8);
    for chunk in octets.chunks(5) {
        let bits = chunk.iter().enumerate().fold(0_u64, |bits, (at, octet)| bits | u64::from(*octet) << (32 - 8 * at));
        for letter in 0..(chunk.len() * 8).div_ceil(5) {
            let index = (bits >> (35 - 5 * letter)) & 31;
            text.push(char::from(LETTERS[usize::try_from(index).unwrap_or_default()]));
        }
    }
    text
}

/// Recovery codes made at once.
const RECOVERY_CODES: usize = 10;

/// New recovery codes, 80 bits each: enough that a fast hash protects them.
pub fn recovery_codes(entropy: &Entropy) -> Vec<Zeroizing<String>> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let code = |_| {
        let random = Zeroizing::new(entropy.bytes::<16>());
        let mut text = Zeroizing::new(String::with_capacity(19));
        for (at, octet) in random.iter().enumerate() {
            let dash = if at > 0 && at % 4 == 0 { "-" } else { "" };
            let _ = write!(text, "{dash}{}", char::from(LETTERS[usize::from(octet % 32)]));
        }
        text
    };
    (0..RECOVERY_CODES).map(code).collect()
}

/// The one spelling of a recovery code, if it can be one.
pub fn recovery_code(text: &str) -> Option<Zeroizing<String>> {
    let plain = |c: &char| c.is_ascii_alphanumeric();
    let letters = Zeroizing::new(text.chars().filter(plain).map(|c| c.to_ascii_lowercase()).collect::<String>());
    (letters.len() == 16).then_some(letters)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::clock::Clock;

    fn known() -> TotpSecret {
        TotpSecret::from_octets(b"12345678901234567890").unwrap()
    }

    /// RFC 6238 appendix B, the last six digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            assert_eq!(known().step_of(code, UnixTime::from_seconds(time)), Some(time / 30), "{time}");
        }
    }

    #[test]
    fn a_code_is_good_for_its_step_and_its_neighbours() {
        let at = |time| known().step_of("287 082", UnixTime::from_seconds(time));
        assert_eq!([at(29), at(30), at(89), at(90)], [Some(1), Some(1), Some(1), None]);
        assert_eq!(known().step_of("28708", UnixTime::from_seconds(59)), None);
        assert_eq!(known().step_of("2870822", UnixTime::from_seconds(59)), None);
        assert_eq!(known().step_of("x", UnixTime::from_seconds(59)), None);
    }

    /// RFC 4648 §10.
    #[test]
    fn base32_is_that_of_the_standard() {
        for (plain, text) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(plain.as_bytes()), text);
        }
        assert_eq!(known().spelled().as_str(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let uri = known().uri("Signet & Co", "ann");
        assert!(uri.starts_with("otpauth://totp/Signet%20%26%20Co:ann?secret=GEZDGNBVGY3TQOJQ"), "{}", uri.as_str());
    }

    #[test]
    fn recovery_codes_are_many_and_differ() {
        let codes = recovery_codes(&Entropy::new(Clock::system()));
        let distinct: std::collections::HashSet<&str> = codes.iter().map(|code| code.as_str()).collect();
        assert_eq!((distinct.len(), codes[0].len()), (10, 19));
        assert_eq!(recovery_code(&codes[0].to_uppercase()).unwrap().as_str(), codes[0].replace('-', ""));
        assert!(recovery_code("123456").is_none());
    }
}
