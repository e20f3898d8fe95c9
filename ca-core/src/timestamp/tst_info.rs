//! What a token says (RFC 3161 §2.4.2).

use std::fmt::Write as _;

use der::asn1::AnyRef;
use der::{DateTime, Decode as _, Tag};

use super::asn1::{AccuracyAsn1, TstInfoAsn1};
use super::policy::{Accuracy, PolicyId};
use super::{InvalidToken, MessageImprint};
use crate::cms::tlv;
use crate::time::UnixMicros;
use crate::x509::SerialNumber;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TstInfo {
    /// The policy it was made under.
    pub policy: PolicyId,
    /// What was stamped.
    pub imprint: MessageImprint,
    /// Its number, unique per authority.
    pub serial: SerialNumber,
    /// When it was made. This CA writes milliseconds at most.
    pub time: UnixMicros,
    /// How far that may be from the true time.
    pub accuracy: Option<Accuracy>,
    /// Contents octets of the INTEGER of the request.
    pub nonce: Option<Vec<u8>>,
}

impl TstInfo {
    /// DER. ordering is FALSE, its default, and so left out.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let accuracy = self.accuracy.map(encode_accuracy).unwrap_or_default();
        let nonce = self.nonce.as_ref().map(|nonce| tlv::value(tlv::INTEGER, nonce)).unwrap_or_default();
        Some(tlv::sequence(&[
            &tlv::value(tlv::INTEGER, &[1]),
            &tlv::oid(self.policy.0),
            self.imprint.as_der(),
            &tlv::positive(self.serial.as_octets()),
            &tlv::value(tlv::GENERALIZED_TIME, encode_time(self.time)?.as_bytes()),
            &accuracy,
            &nonce,
        ]))
    }

    /// Reads DER, with other code than wrote it.
    pub(super) fn read(der: &[u8]) -> Result<Self, InvalidToken> {
        let asn1 = TstInfoAsn1::from_der(der).map_err(|_| InvalidToken::TstInfo("it is no DER of a TSTInfo"))?;
        if asn1.version.as_bytes() != [1] {
            return Err(InvalidToken::TstInfo("its version is not 1"));
        }
        // RFC 5280 §4.2: whoever does not know a critical extension "MUST reject", and none is known here.
        if asn1.extensions.iter().flatten().any(|extension| extension.critical) {
            return Err(InvalidToken::TstInfo("it has a critical extension that is not known"));
        }
        let serial = SerialNumber::from_octets(asn1.serial_number.as_bytes());
        Ok(Self {
            policy: PolicyId(asn1.policy),
            imprint: MessageImprint::read(&asn1.message_imprint).map_err(InvalidToken::Imprint)?,
            serial: serial.map_err(|_| InvalidToken::TstInfo("its serial number is zero or too long"))?,
            time: decode_time(asn1.gen_time).ok_or(InvalidToken::TstInfo("its time is no GeneralizedTime in DER"))?,
            accuracy: asn1.accuracy.map(|accuracy| decode_accuracy(&accuracy)),
            nonce: asn1.nonce.map(|nonce| nonce.as_bytes().to_vec()),
        })
    }
}

fn encode_accuracy(accuracy: Accuracy) -> Vec<u8> {
    let number = |tag: u8, octets: &[u8]| {
        let mut encoded = tlv::positive(octets);
        encoded.iter_mut().take(1).for_each(|first| *first = tag);
        encoded
    };
    let seconds = number(tlv::INTEGER, &accuracy.seconds.to_be_bytes());
    let millis = number(tlv::PRIMITIVE_0, &accuracy.millis.min(999).to_be_bytes());
    let seconds = if accuracy.seconds == 0 { &[] } else { seconds.as_slice() };
    let millis = if accuracy.millis == 0 { &[] } else { millis.as_slice() };
    tlv::sequence(&[seconds, millis])
}

/// Microseconds are rounded up.
fn decode_accuracy(accuracy: &AccuracyAsn1) -> Accuracy {
    let micros = u16::from(accuracy.micros.is_some_and(|micros| micros > 0));
    Accuracy {
        seconds: accuracy.seconds.unwrap_or_default(),
        millis: accuracy.millis.unwrap_or_default().saturating_add(micros),
    }
}

/// RFC 3161 §2.4.2: `YYYYMMDDhhmmss[.s...]Z`; X.690 §11.7: a fraction has no trailing zeros, and is left out when it is zero.
fn encode_time(time: UnixMicros) -> Option<String> {
    let seconds = std::time::Duration::from_secs(u64::try_from(time.to_unix_time().seconds()).ok()?);
    let date = DateTime::from_unix_duration(seconds).ok()?;
    let mut text = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
    write!(text, "{:02}{:02}{:02}", date.hour(), date.minutes(), date.seconds()).ok()?;
    let millis = time.micros().rem_euclid(1_000_000) / 1000;
    if millis > 0 {
        let fraction = format!("{millis:03}");
        write!(text, ".{}", fraction.trim_end_matches('0')).ok()?;
    }
    text.push('Z');
    Some(text)
}

fn decode_time(value: AnyRef<'_>) -> Option<UnixMicros> {
    value.header().tag().assert_eq(Tag::GeneralizedTime).ok()?;
    let text = std::str::from_utf8(value.value()).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| whole.get(range)?.parse::<u8>().ok();
    let year = whole.get(0..4)?.parse().ok()?;
    let date = DateTime::new(year, part(4..6)?, part(6..8)?, part(8..10)?, part(10..12)?, part(12..14)?).ok()?;
    let seconds = i64::try_from(date.unix_duration().as_secs()).ok()?;
    Some(UnixMicros::from_micros(seconds.checked_mul(1_000_000)? + fraction.map_or(Some(0), micros)?))
}

/// The first six digits of a fraction.
fn micros(fraction: &str) -> Option<i64> {
    let well_formed = (1..=9).contains(&fraction.len())
        && fraction.bytes().all(|octet| octet.is_ascii_digit())
        && !fraction.ends_with('0');
    let padded: String = fraction.chars().chain("000000".chars()).take(6).collect();
    if well_formed { padded.parse().ok() } else { None }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::hsm::DigestAlgorithm;

    fn decoded(text: &str) -> Option<i64> {
        let der = tlv::value(tlv::GENERALIZED_TIME, text.as_bytes());
        decode_time(AnyRef::from_der(&der).unwrap()).map(UnixMicros::micros)
    }

    #[test]
    fn times_are_written_in_the_only_form_that_der_has() {
        for (micros, text) in [
            (1_767_225_600_000_000, "20260101000000Z"),
            (1_767_225_600_500_000, "20260101000000.5Z"),
            (1_767_225_600_123_999, "20260101000000.123Z"),
            (1_767_225_600_000_999, "20260101000000Z"),
            (1_767_225_600_070_000, "20260101000000.07Z"),
        ] {
            assert_eq!(encode_time(UnixMicros::from_micros(micros)).unwrap(), text);
            assert_eq!(decoded(text), Some(micros / 1000 * 1000), "{text}");
        }
        assert_eq!(encode_time(UnixMicros::from_micros(-1)), None);
    }

    #[test]
    fn times_in_another_form_are_refused() {
        for text in [
            "",
            "Z",
            "20260101000000",
            "202601010000Z",
            "20260101000000.Z",
            "20260101000000.50Z",
            "20260101000000,5Z",
            "20260101000000+0100",
            "20261301000000Z",
            "+0260101000000Z",
            "20260101000000.1234567891Z",
        ] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }

    #[test]
    fn an_accuracy_leaves_out_what_is_zero() {
        assert_eq!(encode_accuracy(Accuracy { seconds: 1, millis: 0 }), [0x30, 3, 2, 1, 1]);
        assert_eq!(encode_accuracy(Accuracy { seconds: 0, millis: 500 }), [0x30, 4, 0x80, 2, 1, 0xf4]);
        assert_eq!(encode_accuracy(Accuracy { seconds: 0, millis: 200 }), [0x30, 4, 0x80, 2, 0, 0xc8]);
    }

    /// A TSTInfo with one extension, whose critical is encoded as given.
    fn extended(critical: &[u8]) -> Vec<u8> {
        let info = TstInfo {
            policy: "1.3.6.1.4.1.99999.3.1".parse().unwrap(),
            imprint: MessageImprint::of(DigestAlgorithm::Sha256, b"what is stamped"),
            serial: SerialNumber::from_octets(&[1]).unwrap(),
            time: UnixMicros::from_micros(1_767_225_600_000_000),
            accuracy: None,
            nonce: None,
        };
        let plain = info.encode().unwrap();
        let id = tlv::value(6, &[0x2a, 3, 4]);
        let extension = tlv::sequence(&[&id, critical, &tlv::value(4, &[])]);
        tlv::sequence(&[AnyRef::from_der(&plain).unwrap().value(), &tlv::value(0xa1, &extension)])
    }

    #[test]
    fn a_critical_extension_is_refused_and_another_one_is_not() {
        assert!(TstInfo::read(&extended(&[])).is_ok());
        let refusal = TstInfo::read(&extended(&[1, 1, 0xff])).unwrap_err();
        assert!(refusal.to_string().contains("a critical extension that is not known"), "{refusal}");
    }
}
