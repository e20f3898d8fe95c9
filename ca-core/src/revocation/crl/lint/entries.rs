//! Rules about the entries. They run over perhaps a million of them: no rule allocates for each.

use super::Violation;
use super::entry_extensions;
use super::time::{self, TimeFault};
use crate::revocation::crl::CertificateListIssuer;
use crate::revocation::crl::reader::{EntryRef, TbsReader};
use crate::x509::SerialNumber;

type Verdict = Option<Violation>;

/// Citation and fault.
pub(super) type Fault = (&'static str, &'static str);

pub(super) fn list_is_absent_when_empty(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    let empty = list.entries().is_some_and(|mut entries| entries.next().is_none());
    empty.then(|| Violation::new("RFC 5280 §5.1.2.6", "revokedCertificates is there though empty"))
}

pub(super) fn each_is_well_formed(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    list.entries()?.enumerate().find_map(|(index, entry)| match entry {
        Err(_) => Some(Violation::new("RFC 5280 §5.1.2.6", format!("entry {index}, counted from 0, is malformed"))),
        Ok(entry) => fault(&entry)
            .map(|(citation, fault)| Violation::new(citation, format!("entry {}: {fault}", hexadecimal(entry.serial)))),
    })
}

fn fault(entry: &EntryRef<'_>) -> Option<Fault> {
    if !is_serial_number(entry.serial) {
        return Some(("RFC 5280 §4.1.2.2", "the serial number is not positive or longer than 20 octets"));
    }
    match time::fault(entry.revoked_at) {
        None => entry.extensions.and_then(entry_extensions::fault),
        Some(TimeFault::WrongForm) => Some(("RFC 5280 §5.1.2.6", "a time before 2050 is no UTCTime")),
        Some(TimeFault::NoTime) => Some(("RFC 5280 §5.1.2.6", "the revocation date is malformed")),
    }
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

pub(super) fn no_serial_twice(list: &TbsReader<'_>, _: &CertificateListIssuer<'_>) -> Verdict {
    let mut serials: Vec<&[u8]> = list.entries()?.map_while(Result::ok).map(|entry| entry.serial).collect();
    // Sorted already, or nearly, if the rows came in the order of their serials.
    serials.sort_unstable();
    let twice = serials.array_windows().find(|[one, next]| one == next)?.first()?;
    Some(Violation::new("RFC 5280 §5.1.2.6", format!("certificate {} is listed twice", hexadecimal(twice))))
}

fn hexadecimal(contents: &[u8]) -> String {
    SerialNumber::from_octets(contents).map_or_else(|_| format!("{contents:02x?}"), |serial| serial.to_string())
}
