//! What people paste: PEM of one or many things with text around it, bare base64, or hexadecimal.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{CertificateDescription, RequestDescription, certificate, request};
use crate::cms::certs_only;

/// Octets of the longest text that is looked at.
pub const LARGEST_TEXT: usize = 256 * 1024;

/// A chain is no longer than this.
pub const MOST_ITEMS: usize = 20;

/// One thing that was pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A certificate.
    Certificate(Box<CertificateDescription>),
    /// A certification request.
    Request(Box<RequestDescription>),
}

/// Why a text could not be read: each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is nothing in it.
    #[error("there is nothing to decode: paste a certificate or a certification request (CSR)")]
    Empty,
    /// Longer than [`LARGEST_TEXT`].
    #[error("the text has {0} octets, more than {LARGEST_TEXT}: paste only the certificate or request")]
    TooLarge(usize),
    /// More than [`MOST_ITEMS`].
    #[error("the text holds more than {MOST_ITEMS} certificates: paste one chain at a time")]
    TooMany,
    /// Somebody pasted a secret.
    #[error(
        "this is a private key. It was not kept, but it has left its place: make a new key, and revoke the certificates \
         of this one for keyCompromise if others may have seen it"
    )]
    PrivateKey,
    /// PEM of something that is not decoded here.
    #[error("the block {0:?} is neither a certificate nor a certification request nor PKCS#7")]
    OtherLabel(String),
    /// A BEGIN line without its END.
    #[error("the block {0:?} has no END line: the end of the text is missing")]
    Unfinished(String),
    /// Neither PEM nor base64 nor hexadecimal.
    #[error("this is neither PEM nor base64: the text of a certificate begins with -----BEGIN CERTIFICATE-----")]
    NotText,
    /// Bytes that are none of the things that are decoded here.
    #[error("{what}: {reason}")]
    Malformed {
        /// Which block.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Reads everything in a pasted text.
///
/// # Errors
/// [`Unreadable`] with the first thing that is wrong; then nothing is described.
pub fn pasted(text: &str) -> Result<Vec<Item>, Unreadable> {
    if text.len() > LARGEST_TEXT {
        return Err(Unreadable::TooLarge(text.len()));
    }
    let items = match text.trim() {
        "" => return Err(Unreadable::Empty),
        text if text.contains(BEGIN) => armoured(text)?,
        text => unlabelled(text)?,
    };
    if items.len() > MOST_ITEMS { Err(Unreadable::TooMany) } else { Ok(items) }
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

fn armoured(text: &str) -> Result<Vec<Item>, Unreadable> {
    let mut items = Vec::new();
    let mut rest = text;
    while let Some((_, block)) = rest.split_once(BEGIN) {
        let (label, body) = block.split_once(DASHES).ok_or(Unreadable::NotText)?;
        if label.ends_with("PRIVATE KEY") {
            return Err(Unreadable::PrivateKey);
        }
        let label = label.chars().take(40).collect::<String>();
        let (body, after) = body.split_once(END).ok_or_else(|| Unreadable::Unfinished(label.clone()))?;
        items.extend(block_of(&label, body, items.len() + 1)?);
        if items.len() > MOST_ITEMS {
            return Err(Unreadable::TooMany);
        }
        rest = after;
    }
    Ok(items)
}

fn block_of(label: &str, body: &str, number: usize) -> Result<Vec<Item>, Unreadable> {
    let what = || format!("block {number} ({label})");
    let malformed = |reason: String| Unreadable::Malformed { what: what(), reason };
    let der = || base64(body).ok_or_else(|| malformed("its base64 is damaged".to_owned()));
    match label {
        "CERTIFICATE" | "X509 CERTIFICATE" => {
            let found = certificate(&der()?).map_err(|error| malformed(error.to_string()))?;
            Ok(vec![Item::Certificate(Box::new(found))])
        }
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
            let found = request(&der()?).map_err(|error| malformed(error.to_string()))?;
            Ok(vec![Item::Request(Box::new(found))])
        }
        "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS" => collection(&der()?).map_err(malformed),
        _ => Err(Unreadable::OtherLabel(label.to_owned())),
    }
}

fn collection(der: &[u8]) -> Result<Vec<Item>, String> {
    let certificates = certs_only::read(der).map_err(|error| error.to_string())?;
    if certificates.len() > MOST_ITEMS {
        return Err(format!("it holds more than {MOST_ITEMS} certificates"));
    }
    let describe = |der: &Vec<u8>| certificate(der).map(|found| Item::Certificate(Box::new(found)));
    certificates.iter().map(describe).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// DER without a label: whatever it can be read as.
fn unlabelled(text: &str) -> Result<Vec<Item>, Unreadable> {
    let der = hexadecimal(text).or_else(|| base64(text)).ok_or(Unreadable::NotText)?;
    let wrong = match certificate(&der) {
        Ok(found) => return Ok(vec![Item::Certificate(Box::new(found))]),
        Err(error) => error,
    };
    if let Ok(found) = request(&der) {
        return Ok(vec![Item::Request(Box::new(found))]);
    }
    collection(&der).map_err(|_| Unreadable::Malformed {
        what: "this is no certificate, no request and no PKCS#7".to_owned(),
        reason: format!("read as a certificate, {wrong}"),
    })
}

/// Padding is optional and white space is passed over, as text that went through mail programs needs it.
fn base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    // RFC 1421 headers stand between the BEGIN line and the base64, with a colon in each.
    let lines = text.lines().filter(|line| !line.contains(':'));
    let digits: String = lines.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
    GeneralPurpose::new(&STANDARD, config).decode(digits).ok().filter(|der| !der.is_empty())
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ':')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    (pairs.remainder().is_empty() && !digits.is_empty())
        .then(|| pairs.map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit)).collect())
}

#[cfg(test)]
mod tests;
