//! One revoked certificate in a CRL (RFC 5280 §5.1.2.6, §5.3).

use std::time::Duration;

use der::DateTime;

use crate::revocation::RevocationReason;
use crate::time::UnixTime;
use crate::x509::{EncodingError, SerialNumber};

/// A row of `revokedCertificates`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedEntry {
    /// Serial number of the certificate.
    pub serial: SerialNumber,
    /// When the CA revoked it.
    pub revoked_at: UnixTime,
    /// Why.
    pub reason: RevocationReason,
    /// When the key is believed to have been compromised or the certificate to have become invalid, if known.
    pub invalidity_date: Option<UnixTime>,
}

/// Octets of an entry of ours: serial of 19 octets, UTCTime, reason code. For reserving memory.
pub(super) const TYPICAL_SIZE: usize = 2 + 21 + 15 + 14;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;

/// `SEQUENCE { id-ce-cRLReasons, OCTET STRING { ENUMERATED` up to its one octet of contents.
const REASON: &[u8] = &[0x30, 10, 0x06, 3, 0x55, 0x1d, 0x15, 0x04, 3, 0x0a, 1];

/// `SEQUENCE { id-ce-invalidityDate, OCTET STRING {` up to the GeneralizedTime.
const INVALIDITY_DATE: &[u8] = &[0x30, 24, 0x06, 3, 0x55, 0x1d, 0x18, 0x04, 17];

impl RevokedEntry {
    /// Appends the DER to `out`. This runs once for each of perhaps a million entries, so it writes plain octets and
    /// allocates nothing but in `out`. Every length takes one octet: contents have at most 22 + 17 + 2 + 12 + 26.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodingError> {
        let revoked_at = date(self.revoked_at)?;
        let invalidity_date = self.invalidity_date.map(date).transpose()?;
        nest(out, |out| {
            self.write_serial(out);
            write_time(out, revoked_at);
            // RFC 5280 §5.3: an empty list of extensions is left out.
            if self.reason != RevocationReason::Unspecified || invalidity_date.is_some() {
                nest(out, |out| self.write_extensions(out, invalidity_date));
            }
        });
        Ok(())
    }

    fn write_serial(&self, out: &mut Vec<u8>) {
        let octets = self.serial.as_octets();
        // X.690 §8.3: the first bit is a sign.
        let sign: &[u8] = if octets.first().is_some_and(|octet| *octet >= 0x80) { &[0] } else { &[] };
        out.extend_from_slice(&[INTEGER, one_octet(sign.len() + octets.len())]);
        out.extend_from_slice(sign);
        out.extend_from_slice(octets);
    }

    fn write_extensions(&self, out: &mut Vec<u8>, invalidity_date: Option<DateTime>) {
        // RFC 5280 §5.3.1: "the reason code CRL entry extension SHOULD be absent instead of using the unspecified (0)".
        if self.reason != RevocationReason::Unspecified {
            out.extend_from_slice(REASON);
            out.push(self.reason.code());
        }
        // RFC 5280 §5.3.2: always GeneralizedTime.
        if let Some(date) = invalidity_date {
            out.extend_from_slice(INVALIDITY_DATE);
            write_generalized_time(out, date);
        }
    }
}

/// A SEQUENCE whose length is filled in afterwards.
fn nest(out: &mut Vec<u8>, contents: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&[SEQUENCE, 0]);
    let start = out.len();
    contents(out);
    let length = one_octet(out.len() - start);
    if let Some(octet) = out.get_mut(start - 1) {
        *octet = length;
    }
}

/// A length below 128, which every length here is: a [`SerialNumber`] has at most 20 octets.
fn one_octet(length: usize) -> u8 {
    debug_assert!(length < 0x80);
    u8::try_from(length).unwrap_or(0)
}

fn date(instant: UnixTime) -> Result<DateTime, EncodingError> {
    let since_epoch = Duration::from_secs(instant.seconds().max(0).unsigned_abs());
    DateTime::from_unix_duration(since_epoch).map_err(EncodingError::of("revokedCertificates"))
}

// RFC 5280 §5.1.2.6, §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050.
fn write_time(out: &mut Vec<u8>, date: DateTime) {
    if date.year() < 2050 {
        out.extend_from_slice(&[UTC_TIME, 13]);
        write_from_year_of_century(out, date);
    } else {
        write_generalized_time(out, date);
    }
}

fn write_generalized_time(out: &mut Vec<u8>, date: DateTime) {
    out.extend_from_slice(&[GENERALIZED_TIME, 15]);
    out.extend_from_slice(&digits((date.year() / 100) as u8));
    write_from_year_of_century(out, date);
}

/// `YYMMDDHHMMSSZ`
fn write_from_year_of_century(out: &mut Vec<u8>, date: DateTime) {
    let year = (date.year() % 100) as u8;
    for number in [year, date.month(), date.day(), date.hour(), date.minutes(), date.seconds()] {
        out.extend_from_slice(&digits(number));
    }
    out.push(b'Z');
}

/// Two decimal digits of a number below 100: no [`DateTime`] is later than the year 9999.
fn digits(number: u8) -> [u8; 2] {
    [b'0' + number / 10, b'0' + number % 10]
}
