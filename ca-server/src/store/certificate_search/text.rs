//! The search box: one text that may be any part of what a certificate is known by.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::store::certificate_name::NameFilter;
use crate::store::fields::Sha256;

/// Fewer digits are part of too many serial numbers and hashes.
const LEAST_DIGITS: usize = 6;

/// A longer text is no name of anything.
const LONGEST: usize = 2_000;

/// What somebody wrote into the search box, and everything that it could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchText {
    /// The text as it was given, in one line.
    plain: String,
    pub(super) names: Vec<NameFilter>,
    /// Leading digits of a serial number or of a hash.
    pub(super) digits: Option<String>,
    /// A whole hash of a key in base64.
    pub(super) hash: Option<Sha256>,
    pub(super) id: Option<Uuid>,
}

impl SearchText {
    /// Reads the text; none if there is nothing in it.
    ///
    /// `*.example.org` and `.example.org` are what lies below a domain, `web*` what begins with web, `"web"` exactly that.
    /// A bare text is a beginning; if it has a dot, also a domain.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.trim().chars().take(LONGEST).filter(|c| !c.is_control()).collect();
        let lower = plain.to_lowercase();
        if plain.is_empty() {
            return None;
        }
        Some(Self {
            names: names(&lower),
            digits: digits(&lower),
            hash: hash(&plain),
            id: Uuid::try_parse(&plain).ok(),
            plain,
        })
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.plain
    }

    /// The hash of a key, given whole: in base64 or in hexadecimal.
    pub(super) fn whole_hash(&self) -> Option<Sha256> {
        let digits = self.digits.as_ref().filter(|digits| digits.len() == 64);
        self.hash.or_else(|| digits.map(|digits| first_hash(digits)))
    }

    /// In lower case, to compare with owners, profiles and other words.
    pub(super) fn word(&self) -> String {
        self.plain.to_lowercase()
    }
}

fn names(text: &str) -> Vec<NameFilter> {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    if let Some(exact) = quoted.filter(|exact| !exact.is_empty()) {
        return vec![NameFilter::Exact(exact.to_owned())];
    }
    if let Ok(address) = text.parse::<IpAddr>() {
        return vec![NameFilter::Exact(address.to_string())];
    }
    if let Some(domain) = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')) {
        // A wildcard certificate's own name begins with the star.
        return vec![NameFilter::Below(domain.to_owned())];
    }
    if let Some(prefix) = text.strip_suffix('*') {
        return vec![NameFilter::Prefix(prefix.to_owned())];
    }
    let mut names = vec![NameFilter::Prefix(text.to_owned())];
    if text.contains('.') && !text.contains(['/', '@', ' ', ':']) {
        names.push(NameFilter::Below(text.trim_end_matches('.').to_owned()));
    }
    names
}

/// Hexadecimal with or without colons and spaces, as every tool prints it in its own way.
fn digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let hexadecimal = digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    (hexadecimal && (LEAST_DIGITS..=64).contains(&digits.len())).then_some(digits)
}

/// The lowest hash that begins with these digits.
pub(super) fn first_hash(digits: &str) -> Sha256 {
    padded(digits, 0x0)
}

/// The highest hash that begins with these digits.
pub(super) fn last_hash(digits: &str) -> Sha256 {
    padded(digits, 0xf)
}

fn padded(digits: &str, filler: u8) -> Sha256 {
    let mut hash = [filler << 4 | filler; 32];
    for (octet, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let digit = |at: usize| pair.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let nibble = |at| digit(at).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(filler);
        *octet = nibble(0) << 4 | nibble(1);
    }
    hash
}

/// The base64 of 32 octets, also behind "sha256/" as in key pins.
fn hash(text: &str) -> Option<Sha256> {
    let text = text.strip_prefix("sha256/").map_or(text, |rest| rest.trim_start_matches('/'));
    let engines = [BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD];
    engines.iter().find_map(|engine| engine.decode(text).ok()?.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> SearchText {
        SearchText::parse(text).unwrap_or_else(|| SearchText {
            plain: String::new(),
            names: Vec::new(),
            digits: None,
            hash: None,
            id: None,
        })
    }

    #[test]
    fn a_text_is_everything_that_it_could_be() {
        use NameFilter::{Below, Exact, Prefix};
        let names = |text: &str| parsed(text).names;
        assert_eq!(names(" Web-1 "), [Prefix("web-1".into())]);
        assert_eq!(names("example.org"), [Prefix("example.org".into()), Below("example.org".into())]);
        assert_eq!(names("*.Example.org"), [Below("example.org".into())]);
        assert_eq!(names(".example.org"), [Below("example.org".into())]);
        assert_eq!(names("web*"), [Prefix("web".into())]);
        assert_eq!(names("\"web\""), [Exact("web".into())]);
        assert_eq!(names("2001:DB8:0::1"), [Exact("2001:db8::1".into())]);
        assert_eq!(names("ann@example.org"), [Prefix("ann@example.org".into())]);
        assert_eq!(SearchText::parse("  \n "), None);
        assert_eq!(parsed("a\0b").as_str(), "ab");
    }

    #[test]
    fn digits_are_read_in_any_dress() {
        assert_eq!(parsed("01:AB:CD").digits.as_deref(), Some("01abcd"));
        assert_eq!(parsed("01 ab cd e").digits.as_deref(), Some("01abcde"));
        assert_eq!(parsed("01abc").digits, None, "too few");
        assert_eq!(parsed("web-1").digits, None);
        assert_eq!(parsed(&"a".repeat(65)).digits, None);
    }

    #[test]
    fn digits_span_the_hashes_that_begin_with_them() {
        let (first, last) = (first_hash("abc"), last_hash("abc"));
        assert_eq!((first[..3].to_vec(), last[..3].to_vec()), (vec![0xab, 0xc0, 0x00], vec![0xab, 0xcf, 0xff]));
        assert_eq!(parsed(&"ab".repeat(32)).whole_hash(), Some([0xab; 32]));
    }

    #[test]
    fn a_key_is_found_by_its_pin_and_a_thing_by_its_id() {
        let pin = BASE64_STANDARD.encode([7; 32]);
        assert_eq!(parsed(&pin).hash, Some([7; 32]));
        assert_eq!(parsed(&format!("sha256/{pin}")).hash, Some([7; 32]));
        assert_eq!(parsed(&format!("sha256//{pin}")).hash, Some([7; 32]));
        assert_eq!(parsed("bm90aGluZw==").hash, None);
        assert!(parsed("01990000-7000-8000-8000-000000000001").id.is_some());
    }
}
