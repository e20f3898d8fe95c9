#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;

use const_oid::db::rfc5280 as oid;

use super::fixture::*;
use super::*;
use crate::profile::SubjectKind;

#[test]
fn good_certificates_and_lists_break_no_rule() {
    for draft in [root(), authority(), constrained_authority(), leaf()] {
        assert_eq!(draft.findings(), []);
    }
    let der = list().der();
    assert_eq!(certificate_list(&der, list().issuer_facts()).map(LintedList::tbs_der), Ok(der.as_slice()));
    for draft in [list(), delta_list(), list().with(|draft| draft.entries = None)] {
        assert_eq!(draft.findings(), []);
    }
}

#[test]
fn every_rule_has_a_name_of_its_own_and_a_citation() {
    let names: HashSet<_> = rules().map(|rule| rule.name).collect();
    assert_eq!(names.len(), rules().count());
    assert!(rules().all(|rule| !rule.citation.is_empty()));
    assert!(names.contains("entry-serials-unique") && names.contains("distinguished-encoding"));
}

#[test]
fn all_findings_are_reported_at_once() {
    let draft = leaf().with(|draft| draft.serial = vec![0]).without(oid::ID_CE_KEY_USAGE);
    let findings = draft.findings();
    let names: Vec<_> = findings.iter().map(|finding| finding.rule.name).collect();
    assert_eq!(names, ["serial-number", "key-usage-present"]);
    let text = findings[0].to_string();
    assert_eq!(text, "serial-number: the serial number is zero (RFC 5280 §4.1.2.2; CA/Browser Forum BR §7.1)");
}

#[test]
fn bytes_that_are_not_der_are_one_finding() {
    let good = leaf();
    let der = good.der();
    let linted = certificate(&der, Some(&authority().facts()), SubjectKind::EndEntity);
    assert_eq!(linted.map(Linted::tbs_der), Ok(der.as_slice()));
    let cut = good.der().split_last().unwrap().1.to_vec();
    let trailing = [good.der(), vec![0]].concat();
    for der in [Vec::new(), vec![0x30, 0], b"garbage".to_vec(), cut, trailing] {
        let of_certificate = certificate(&der, Some(&authority().facts()), SubjectKind::EndEntity).unwrap_err();
        let of_list = certificate_list(&der, list().issuer_facts()).unwrap_err();
        for findings in [of_certificate, of_list] {
            assert_eq!(findings.iter().map(|f| f.rule.name).collect::<Vec<_>>(), ["distinguished-encoding"]);
        }
    }
}

#[test]
fn a_default_that_is_written_out_is_not_der() {
    // SEQUENCE { BOOLEAN FALSE } for basic constraints: cA is FALSE by default.
    let spelled_out = extension(oid::ID_CE_BASIC_CONSTRAINTS, true, &vec![false]);
    let draft = leaf().put(spelled_out);
    let findings = draft.findings();
    assert!(findings[0].detail.contains("not in its distinguished encoding"), "{findings:?}");
}

#[test]
fn an_extension_that_cannot_be_decoded_is_a_finding() {
    let draft = leaf().put(extension(oid::ID_CE_KEY_USAGE, true, &der::asn1::Null));
    let findings = draft.findings();
    assert!(findings[0].detail.contains("extension 2.5.29.15 cannot be decoded"), "{findings:?}");
}

#[test]
fn the_same_serial_twice_is_refused() {
    let twice = list().listing(vec![entry(&[2]), entry(&[1]), entry(&[2])]);
    let details: Vec<_> = twice.findings().into_iter().map(|finding| finding.detail).collect();
    assert_eq!(details, ["02 is listed twice"]);
}

#[test]
fn an_entry_with_a_default_written_out_is_not_der() {
    // The entry of serial 1 with `critical FALSE` spelled out in its reason.
    let good = entry(&[1]).put(reason(1)).der();
    let at = good.windows(5).position(|window| window == [0x06, 0x03, 0x55, 0x1d, 0x15]).unwrap() + 5;
    let mut bad = [&good[..at], &[0x01, 0x01, 0x00], &good[at..]].concat();
    for header in [1, at - 6, at - 8] {
        bad[header] += 3;
    }
    let mut entries = super::entry::Entries::of(&bad);
    assert!(entries.next().unwrap().is_err_and(|finding| finding.detail.contains("distinguished")));
    assert!(entries.next().is_none());
}

#[test]
fn a_serial_in_more_octets_than_it_needs_is_not_der() {
    for serial in [&[][..], &[0, 0x7f], &[0, 0], &[0xff, 0x80]] {
        let der = entry(serial).der();
        let mut entries = super::entry::Entries::of(&der);
        assert!(entries.next().unwrap().is_err(), "{serial:?}");
    }
    let der = entry(&[0, 0x80]).der();
    assert!(super::entry::Entries::of(&der).all(|entry| entry.is_ok()));
}

#[test]
fn garbage_after_an_entry_is_refused() {
    let content = [entry(&[1]).der(), vec![0x05, 0x00]].concat();
    let results: Vec<_> = super::entry::Entries::of(&content).map(|entry| entry.is_ok()).collect();
    assert_eq!(results, [true, false]);
}

#[test]
fn bad_entries_are_reported_up_to_a_limit() {
    let many = list().listing((1..=200).map(|serial| entry(&[1, serial]).put(reason(0))).collect());
    assert_eq!(many.findings().len(), 10);
}

#[test]
fn an_issuer_that_is_no_certificate_is_refused() {
    assert!(IssuerFacts::from_der(b"garbage").is_err());
    assert!(IssuerFacts::from_path([]).is_err_and(|error| error.to_string().contains("empty")));
    let good = authority().certificate();
    assert!(IssuerFacts::from_path([good.as_slice(), b"garbage"]).is_err());
}
