//! Rules about the entries. They run over perhaps a million of them: no rule allocates for each.

use const_oid::db::rfc5280;
use der::asn1::GeneralizedTime;
use x509_cert::ext::pkix::CrlReason;

use super::Violation;
use super::header::has_wrong_form;
use crate::revocation::crl::CertificateListIssuer;
use crate::revocation::crl::reader::{EntryRef, ExtensionRef, TbsReader};
use crate::x509::SerialNumber;

type Verdict = Option<Violation>;

pub(super) fn list_is_absent_when_empty(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    let empty = list.entries().is_some_and(|mut entries| entries.next().is_none());
    empty.then(|| Violation::new("RFC 5280 §5.1.2.6", "revokedCertificates is there though empty"))
}

pub(super) fn each_is_well_formed(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    list.entries()?.find_map(|entry| match entry {
        Err(error) => Some(Violation::new("RFC 5280 §5.1.2.6", format!("an entry is malformed: {error}"))),
        Ok(entry) => fault(&entry)
            .map(|(citation, fault)| Violation::new(citation, format!("entry {}: {fault}", hexadecimal(entry.serial)))),
    })
}

type Fault = (&'static str, &'static str);

fn fault(entry: &EntryRef<'_>) -> Option<Fault> {
    if !is_serial_number(entry.serial) {
        return Some(("RFC 5280 §4.1.2.2", "the serial number is not positive or longer than 20 octets"));
    }
    if has_wrong_form(&entry.revoked_at) {
        return Some(("RFC 5280 §5.1.2.6", "a time before 2050 is no UTCTime"));
    }
    extensions_fault(entry)
}

/// Shortest form, positive, at most 20 octets.
fn is_serial_number(contents: &[u8]) -> bool {
    let positive = match contents {
        [] | [0] => false,
        [0, second, ..] => *second >= 0x80,
        [first, ..] => *first < 0x80,
    };
    positive && contents.len() <= 20
}

fn extensions_fault(entry: &EntryRef<'_>) -> Option<Fault> {
    const CITATION: &str = "RFC 5280 §5.3";
    let (mut reason, mut date) = (0, 0);
    for extension in entry.extensions()? {
        match extension {
            Err(_) => return Some((CITATION, "an extension is malformed")),
            Ok(extension) if extension.critical => return Some((CITATION, "an extension is critical")),
            Ok(extension) if extension.id == rfc5280::ID_CE_CRL_REASONS => {
                reason += 1;
                if !is_reason(&extension) {
                    return Some(("RFC 5280 §5.3.1", "the reason is none that a complete list may give"));
                }
            }
            Ok(extension) if extension.id == rfc5280::ID_CE_INVALIDITY_DATE => {
                date += 1;
                if extension.decode_value::<GeneralizedTime>().is_err() {
                    return Some(("RFC 5280 §5.3.2", "the invalidity date is no GeneralizedTime"));
                }
            }
            Ok(_) => return Some((CITATION, "an extension is not one that this CA writes")),
        }
    }
    match (reason, date) {
        (0, 0) => Some((CITATION, "the list of extensions is there though empty")),
        (..=1, ..=1) => None,
        _ => Some((CITATION, "an extension occurs twice")),
    }
}

// RFC 5280 §5.3.1: unspecified is left out, and removeFromCRL "may only appear in delta CRLs".
fn is_reason(extension: &ExtensionRef<'_>) -> bool {
    extension
        .decode_value::<CrlReason>()
        .is_ok_and(|reason| !matches!(reason, CrlReason::Unspecified | CrlReason::RemoveFromCRL))
}

pub(super) fn no_serial_twice(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    let mut serials: Vec<&[u8]> = list.entries()?.map_while(Result::ok).map(|entry| entry.serial).collect();
    serials.sort_unstable();
    let twice = serials.array_windows().find(|[one, next]| one == next)?.first()?;
    Some(Violation::new("RFC 5280 §5.1.2.6", format!("certificate {} is listed twice", hexadecimal(twice))))
}

fn hexadecimal(contents: &[u8]) -> String {
    SerialNumber::from_octets(contents).map_or_else(|_| format!("{contents:02x?}"), |serial| serial.to_string())
}
