//! Rules about the extensions of an entry (RFC 5280 §5.3): none but a reason and an invalidity date, each once.

use super::entries::Fault;
use super::time;
use crate::revocation::RevocationReason;
use crate::revocation::crl::tlv;

/// Contents octets of id-ce-cRLReasons, 2.5.29.21.
const REASON: &[u8] = &[0x55, 0x1d, 0x15];
/// Contents octets of id-ce-invalidityDate, 2.5.29.24.
const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 0x18];

const CITATION: &str = "RFC 5280 §5.3";
const MALFORMED: &str = "an extension is malformed";

/// What is wrong with the contents of `crlEntryExtensions`.
pub(super) fn fault(mut list: &[u8]) -> Option<Fault> {
    if list.is_empty() {
        return Some((CITATION, "the list of extensions is there though empty"));
    }
    let (mut reason, mut date) = (false, false);
    while !list.is_empty() {
        let Some((fields, rest)) = tlv::expect(tlv::SEQUENCE, list) else { return Some((CITATION, MALFORMED)) };
        list = rest;
        let (seen, fault) = match value(fields) {
            Err(fault) => return Some((CITATION, fault)),
            Ok((REASON, value)) => (&mut reason, reason_fault(value)),
            Ok((INVALIDITY_DATE, value)) => (&mut date, date_fault(value)),
            Ok(_) => return Some((CITATION, "an extension is not one that this CA writes")),
        };
        if fault.is_some() {
            return fault;
        }
        if std::mem::replace(seen, true) {
            return Some((CITATION, "an extension occurs twice"));
        }
    }
    None
}

/// Object identifier and value of an extension that is not critical.
fn value(fields: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let (id, rest) = tlv::expect(tlv::OBJECT_IDENTIFIER, fields).ok_or(MALFORMED)?;
    if tlv::expect(tlv::BOOLEAN, rest).is_some() {
        return Err("an extension is critical");
    }
    match tlv::expect(tlv::OCTET_STRING, rest) {
        Some((value, [])) => Ok((id, value)),
        _ => Err(MALFORMED),
    }
}

// RFC 5280 §5.3.1: unspecified is left out, and removeFromCRL "may only appear in delta CRLs".
fn reason_fault(value: &[u8]) -> Option<Fault> {
    let reason = match value {
        [tlv::ENUMERATED, 1, code] => RevocationReason::try_from(*code).ok(),
        _ => None,
    };
    let allowed = reason.is_some_and(|r| !matches!(r, RevocationReason::Unspecified | RevocationReason::RemoveFromCrl));
    (!allowed).then_some(("RFC 5280 §5.3.1", "the reason is none that a complete list may give"))
}

// RFC 5280 §5.3.2: GeneralizedTime, whatever the year.
fn date_fault(value: &[u8]) -> Option<Fault> {
    let date = tlv::expect(tlv::GENERALIZED_TIME, value).filter(|(_, rest)| rest.is_empty());
    let valid = date.is_some_and(|(contents, _)| time::generalized_year(contents).is_some());
    (!valid).then_some(("RFC 5280 §5.3.2", "the invalidity date is no GeneralizedTime"))
}
