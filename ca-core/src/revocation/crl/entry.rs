//! One revoked certificate in a CRL (RFC 5280 §5.1.2.6, §5.3).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280;
use der::asn1::{GeneralizedTime, UintRef};
use der::{DateTime, Encode as _, ErrorKind, Tag};

use crate::revocation::RevocationReason;
use crate::time::UnixTime;
use crate::x509::validity::to_time;
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

impl RevokedEntry {
    /// Appends the DER to `out`. Nothing is allocated but in `out`: this runs once for each of perhaps a million.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodingError> {
        self.write(out).map_err(EncodingError::of("revokedCertificates"))
    }

    fn write(&self, out: &mut Vec<u8>) -> der::Result<()> {
        short(out, Tag::Sequence, |out| {
            UintRef::new(self.serial.as_octets())?.encode(out)?;
            to_time(self.revoked_at).map_err(EncodingError::into_inner)?.encode(out)?;
            // RFC 5280 §5.3: an empty list of extensions is left out.
            if self.reason == RevocationReason::Unspecified && self.invalidity_date.is_none() {
                return Ok(());
            }
            short(out, Tag::Sequence, |out| self.write_extensions(out))
        })
    }

    fn write_extensions(&self, out: &mut Vec<u8>) -> der::Result<()> {
        // RFC 5280 §5.3.1: "the reason code CRL entry extension SHOULD be absent instead of using the unspecified (0)".
        if self.reason != RevocationReason::Unspecified {
            extension(out, rfc5280::ID_CE_CRL_REASONS, |out| {
                short(out, Tag::Enumerated, |out| {
                    out.push(self.reason.code());
                    Ok(())
                })
            })?;
        }
        // RFC 5280 §5.3.2: always GeneralizedTime.
        let Some(date) = self.invalidity_date else { return Ok(()) };
        extension(out, rfc5280::ID_CE_INVALIDITY_DATE, |out| generalized_time(date)?.encode(out))
    }
}

fn generalized_time(instant: UnixTime) -> der::Result<GeneralizedTime> {
    let since_epoch = std::time::Duration::from_secs(instant.seconds().max(0).unsigned_abs());
    Ok(GeneralizedTime::from_date_time(DateTime::from_unix_duration(since_epoch)?))
}

/// A non-critical extension.
fn extension(
    out: &mut Vec<u8>,
    kind: ObjectIdentifier,
    value: impl FnOnce(&mut Vec<u8>) -> der::Result<()>,
) -> der::Result<()> {
    short(out, Tag::Sequence, |out| {
        kind.encode(out)?;
        short(out, Tag::OctetString, value)
    })
}

/// A value of at most 127 octets, so that its length takes one octet and can be filled in afterwards. An entry has at
/// most 22 + 17 + 2 + 12 + 26 octets of contents.
fn short(out: &mut Vec<u8>, tag: Tag, contents: impl FnOnce(&mut Vec<u8>) -> der::Result<()>) -> der::Result<()> {
    tag.encode(out)?;
    let place = out.len();
    out.push(0);
    contents(out)?;
    let length = u8::try_from(out.len() - place - 1).ok().filter(|length| *length < 0x80);
    let length = length.ok_or_else(|| der::Error::from(ErrorKind::Length { tag }))?;
    if let Some(octet) = out.get_mut(place) {
        *octet = length;
    }
    Ok(())
}
