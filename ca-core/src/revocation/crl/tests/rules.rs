//! Lists that no encoder of ours would write, put together octet by octet: lint, which stands before every signature,
//! refuses each.

use super::*;
use crate::lint::{Finding, IssuerFacts, certificate_list};
use crate::raw_der::{sequence, tlv};

/// The parts of a `TBSCertList`, to be changed one at a time.
#[derive(Clone)]
struct Parts {
    version: Vec<u8>,
    algorithm: Vec<u8>,
    issuer: Vec<u8>,
    this_update: Vec<u8>,
    next_update: Vec<u8>,
    entries: Vec<u8>,
    extensions: Vec<Vec<u8>>,
}

const ENCODING: &str = "distinguished-encoding";
const SERIAL: &[u8] = b"\x02\x02\x0a\xbc";
const DATE: &[u8] = b"\x17\x0d260101000000Z";
const KEY_COMPROMISE: &[u8] = b"\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01";
const INVALIDITY_DATE: &[u8] = b"\x30\x18\x06\x03\x55\x1d\x18\x04\x11\x18\x0f20251225000000Z";

impl Parts {
    fn good(authority: &Authority) -> Self {
        let identifier = tlv(0x80, &authority.certificate.key_identifier());
        Self {
            version: b"\x02\x01\x01".to_vec(),
            algorithm: b"\x30\x05\x06\x03\x2b\x65\x70".to_vec(),
            issuer: authority.certificate.subject().as_der().to_vec(),
            this_update: DATE.to_vec(),
            next_update: b"\x17\x0d260108000000Z".to_vec(),
            entries: sequence(&[&sequence(&[SERIAL, DATE])]),
            extensions: vec![
                sequence(&[b"\x06\x03\x55\x1d\x23", &tlv(0x04, &sequence(&[&identifier]))]),
                sequence(&[b"\x06\x03\x55\x1d\x14", b"\x04\x03\x02\x01\x05"]),
                sequence(&[b"\x06\x03\x55\x1d\x1c", b"\x01\x01\xff", b"\x04\x05\x30\x03\x81\x01\xff"]),
            ],
        }
    }

    fn encode(&self) -> Vec<u8> {
        let extensions = tlv(0xa0, &sequence(&[&self.extensions.concat()]));
        let head =
            [&self.version, &self.algorithm, &self.issuer, &self.this_update, &self.next_update].map(Vec::as_slice);
        sequence(&[&head.concat(), &self.entries, &extensions])
    }

    fn with_entry(mut self, parts: &[&[u8]]) -> Self {
        self.entries = sequence(&[&sequence(parts)]);
        self
    }
}

fn findings(authority: &Authority, tbs: &[u8]) -> Vec<Finding> {
    let facts = IssuerFacts::from_der(authority.certificate.as_der()).unwrap();
    certificate_list(tbs, &facts).err().unwrap_or_default()
}

/// Whether a finding cites `section`.
#[track_caller]
fn broken(authority: &Authority, parts: &Parts, section: &str) {
    let found = findings(authority, &parts.encode());
    assert!(!found.is_empty(), "accepted");
    // What is no DER of the type is found before any rule about its value is asked.
    let cited = |finding: &Finding| finding.rule.citation.contains(section) || finding.rule.name == ENCODING;
    assert!(found.iter().any(cited), "§{section} is not among {found:?}");
}

#[test]
fn the_good_list_breaks_none() {
    let authority = Authority::new("-newkey ed25519");
    let good = Parts::good(&authority);
    assert_eq!(findings(&authority, &good.encode()), []);
    for entry in [
        vec![SERIAL, DATE, &sequence(&[KEY_COMPROMISE])],
        vec![SERIAL, DATE, &sequence(&[INVALIDITY_DATE])],
        vec![SERIAL, DATE, &sequence(&[KEY_COMPROMISE, INVALIDITY_DATE])],
        vec![b"\x02\x03\x00\xff\x01", DATE],
        vec![SERIAL, b"\x18\x0f20500101000000Z"],
    ] {
        assert_eq!(findings(&authority, &good.clone().with_entry(&entry).encode()), []);
    }
    assert_eq!(findings(&authority, &Parts { entries: Vec::new(), ..good }.encode()), []);
}

#[test]
fn what_is_no_list_is_refused() {
    let authority = Authority::new("-newkey ed25519");
    let good = Parts::good(&authority).encode();
    for bad in [&[][..], b"\x30\x00", &good[..good.len() - 1], &[&good[..], &[0]].concat()] {
        assert!(findings(&authority, bad).iter().any(|finding| finding.rule.name == ENCODING));
    }
}

#[test]
fn rules_of_the_header() {
    let authority = Authority::new("-newkey ed25519");
    let good = Parts::good(&authority);
    let check = |parts: Parts, section| broken(&authority, &parts, section);
    check(Parts { version: Vec::new(), ..good.clone() }, "5.1.2.1");
    check(Parts { version: b"\x02\x01\x00".to_vec(), ..good.clone() }, "5.1.2.1");
    let ecdsa = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02".to_vec();
    check(Parts { algorithm: ecdsa, ..good.clone() }, "5.1.2.2");
    check(Parts { issuer: b"\x30\x00".to_vec(), ..good.clone() }, "5.1.2.3");
    check(Parts { next_update: Vec::new(), ..good.clone() }, "5.1.2.5");
    check(Parts { next_update: good.this_update.clone(), ..good.clone() }, "5.1.2.5");
    let general = b"\x18\x0f20260108000000Z".to_vec();
    check(Parts { next_update: general, ..good.clone() }, "5.1.2.4");
    check(Parts { this_update: b"\x18\x0f20260101000000Z".to_vec(), ..good }, "5.1.2.4");
}

#[test]
fn the_ca_must_be_one_that_signs_lists() {
    let certificates_only = Authority::with_extension("-newkey ed25519", "keyUsage=critical,keyCertSign");
    broken(&certificates_only, &Parts::good(&certificates_only), "6.3.3");
    let silent = Authority::with_extension("-newkey ed25519", "nsComment=no key usage");
    assert_eq!(findings(&silent, &Parts::good(&silent).encode()), []);
}

#[test]
fn no_list_reaches_a_signature_past_lint() {
    let refusal = |authority: &Authority, entries: &[RevokedEntry]| {
        let mut builder = CertificateListBuilder::new(&permitted(), authority.issuer(), &facts(), 0).unwrap();
        builder.append(entries).unwrap();
        builder.finish().unwrap().lint(authority.issuer()).unwrap_err().to_string()
    };
    let certificates_only = Authority::with_extension("-newkey ed25519", "keyUsage=critical,keyCertSign");
    assert!(refusal(&certificates_only, &[]).contains("cRLSign"));
    let authority = Authority::new("-newkey ed25519");
    let twice = [entry("0abc", RevocationReason::Superseded), entry("0abc", RevocationReason::KeyCompromise)];
    assert!(refusal(&authority, &twice).contains("0abc is listed twice"));
    let removed = [entry("0abc", RevocationReason::RemoveFromCrl)];
    assert!(refusal(&authority, &removed).contains("no delta"));
}

#[test]
fn rules_of_the_extensions() {
    let authority = Authority::new("-newkey ed25519");
    let good = Parts::good(&authority);
    let check = |index: usize, extension: Vec<u8>, section| {
        let mut parts = good.clone();
        parts.extensions[index] = extension;
        broken(&authority, &parts, section);
    };
    const KEY: &[u8] = b"\x06\x03\x55\x1d\x23";
    const NUMBER: &[u8] = b"\x06\x03\x55\x1d\x14";
    const POINT: &[u8] = b"\x06\x03\x55\x1d\x1c";
    const CRITICAL: &[u8] = b"\x01\x01\xff";
    let extension = |parts: &[&[u8]]| sequence(parts);
    let unknown = sequence(&[b"\x06\x03\x55\x1d\x1b", b"\x04\x03\x02\x01\x01"]);
    check(2, unknown, "5.2");
    check(2, good.extensions[1].clone(), "5.2");
    check(0, good.extensions[1].clone(), "5.2.1");
    check(0, extension(&[KEY, b"\x04\x06\x30\x04\x80\x02\x01\x02"]), "5.2.1");
    check(0, extension(&[KEY, b"\x04\x02\x30\x00"]), "5.2.1");
    let identifier = tlv(0x04, &sequence(&[&tlv(0x80, &authority.certificate.key_identifier())]));
    check(0, extension(&[KEY, CRITICAL, &identifier]), "5.2.1");
    check(1, good.extensions[0].clone(), "5.2.3");
    check(1, extension(&[NUMBER, CRITICAL, b"\x04\x03\x02\x01\x05"]), "5.2.3");
    check(1, extension(&[NUMBER, b"\x04\x03\x02\x01\xff"]), "5.2.3");
    check(1, extension(&[NUMBER, &tlv(0x04, &tlv(0x02, &[0x7f; 21]))]), "5.2.3");
    check(2, extension(&[POINT, b"\x04\x05\x30\x03\x81\x01\xff"]), "5.2.5");
    check(2, extension(&[POINT, CRITICAL, b"\x04\x02\x30\x00"]), "5.2.5");
    check(2, extension(&[POINT, CRITICAL, b"\x04\x08\x30\x06\x81\x01\xff\x82\x01\xff"]), "5.2.5");
    check(2, extension(&[POINT, CRITICAL, b"\x04\x02\x05\x00"]), "5.2.5");
}

#[test]
fn rules_of_the_entries() {
    let authority = Authority::new("-newkey ed25519");
    let good = Parts::good(&authority);
    let check = |entry: &[&[u8]], section| {
        broken(&authority, &good.clone().with_entry(entry), section);
    };
    broken(&authority, &Parts { entries: b"\x30\x00".to_vec(), ..good.clone() }, "5.1.2.6");
    let one = sequence(&[SERIAL, DATE]);
    let other = sequence(&[b"\x02\x01\x07", DATE]);
    let twice = sequence(&[&one, &other, &one]);
    broken(&authority, &Parts { entries: twice, ..good.clone() }, "5.1.2.6");
    for serial in [&b"\x02\x01\x00"[..], b"\x02\x01\x80", b"\x02\x00", &tlv(0x02, &[1; 21]), b"\x02\x02\x00\x01"] {
        check(&[serial, DATE], "4.1.2.2");
    }
    check(&[SERIAL], "5.1.2.6");
    check(&[SERIAL, DATE, b"\x05\x00"], "5.1.2.6");
    check(&[SERIAL, DATE, &sequence(&[KEY_COMPROMISE]), b"\x05\x00"], "5.1.2.6");
    check(&[SERIAL, b"\x18\x0f20260101000000Z"], "5.1.2.6");
    check(&[SERIAL, b"\x17\x0d260230000000Z"], "5.1.2.6");
    check(&[SERIAL, b"\x05\x00"], "5.1.2.6");
    check(&[SERIAL, DATE, b"\x30\x00"], "5.3");
    check(&[SERIAL, DATE, b"\x30\x02\x05\x00"], "5.3");
    check(&[SERIAL, DATE, &sequence(&[KEY_COMPROMISE, KEY_COMPROMISE])], "5.3");
    check(&[SERIAL, DATE, &sequence(&[INVALIDITY_DATE, INVALIDITY_DATE])], "5.3");
    let extension = |parts: &[&[u8]]| sequence(&[&sequence(parts)]);
    const REASON: &[u8] = b"\x06\x03\x55\x1d\x15";
    check(&[SERIAL, DATE, &extension(&[REASON, b"\x01\x01\xff", b"\x04\x03\x0a\x01\x01"])], "5.3");
    check(&[SERIAL, DATE, &extension(&[b"\x06\x03\x55\x1d\x1d", b"\x04\x02\x30\x00"])], "5.3");
    for reason in [0, 7, 8, 11] {
        check(&[SERIAL, DATE, &extension(&[REASON, &[4, 3, 10, 1, reason]])], "5.3.1");
    }
    let utc = extension(&[b"\x06\x03\x55\x1d\x18", &tlv(0x04, DATE)]);
    check(&[SERIAL, DATE, &utc], "5.3.2");
}
