//! What the chain of types encodes, and what it refuses.

use der::{Decode as _, Encode as _};
use proptest::prelude::*;
use x509_cert::certificate::Raw;
use x509_cert::crl::{CertificateList, TbsCertList};
use x509_cert::ext::pkix::crl::dp;

use super::*;
use crate::x509::validity::from_time;

fn point(urls: &[&str], scope: CertificateScope) -> IssuingDistributionPoint {
    IssuingDistributionPoint { urls: urls.iter().map(|url| (*url).to_owned()).collect(), scope }
}

#[test]
fn every_field_is_where_the_standard_has_it() {
    let authority = Authority::new("-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    let urls = ["http://ca.example.org/crl/issuing/0.crl", "http://old.example.org/crl/issuing/0.crl"];
    let here = Some(point(&urls, CertificateScope::EndEntities));
    let facts = CertificateListFacts { issuing_distribution_point: here.clone(), ..facts() };
    let list = authority.issue(&facts, &[entry("0abc", RevocationReason::Superseded)]);
    let parsed = CertificateList::<Raw>::from_der(list.as_der()).unwrap();
    assert_eq!(parsed.to_der().unwrap(), list.as_der(), "another encoder writes the same octets");
    let tbs = &parsed.tbs_cert_list;
    assert_eq!(tbs.version.to_der().unwrap(), [2, 1, 1]);
    assert_eq!(tbs.signature, parsed.signature_algorithm);
    assert_eq!(tbs.issuer.to_der().unwrap(), authority.certificate.subject().as_der());
    assert_eq!(from_time(&tbs.this_update), facts.this_update);
    assert_eq!(tbs.next_update.as_ref().map(from_time), Some(facts.next_update));
    let extensions = tbs.crl_extensions.as_ref().unwrap();
    let ids: Vec<_> = extensions.iter().map(|e| (e.extn_id.to_string(), e.critical)).collect();
    let expected = [("2.5.29.35", false), ("2.5.29.20", false), ("2.5.29.28", true)];
    assert_eq!(ids, expected.map(|(id, critical)| (id.to_owned(), critical)));
    assert_eq!(
        CrlSummary::from_der(list.as_der()).unwrap(),
        CrlSummary {
            issuer: authority.certificate.subject().clone(),
            number: Some(facts.number),
            this_update: facts.this_update,
            next_update: Some(facts.next_update),
            authority_key_identifier: Some(authority.certificate.key_identifier()),
            issuing_distribution_point: here,
            entries: 1,
        }
    );
}

/// x509-cert 0.3.0 gives its type the object identifier of subjectInfoAccess. When this fails, the constant of ours can go.
#[test]
fn the_object_identifier_of_the_distribution_point_is_our_own() {
    use const_oid::AssociatedOid as _;
    assert_eq!(extension::ISSUING_DISTRIBUTION_POINT, const_oid::db::rfc5280::ID_CE_ISSUING_DISTRIBUTION_POINT);
    assert_ne!(dp::IssuingDistributionPoint::OID, extension::ISSUING_DISTRIBUTION_POINT);
}

#[test]
fn a_list_of_nothing_has_no_entries_at_all() {
    let authority = Authority::new("-newkey ed25519");
    let linted = authority.linted(&facts(), &[]);
    let parsed = TbsCertList::<Raw>::from_der(linted.tbs_der()).unwrap();
    assert_eq!(parsed.revoked_certificates, None);
    assert_eq!(CrlSummary::from_der(authority.issue(&facts(), &[]).as_der()).unwrap().entries, 0);
}

#[test]
fn a_reason_that_is_none_is_left_out() {
    let authority = Authority::new("-newkey ed25519");
    let date = Some(NEW_YEAR.minus(WEEK));
    let entries = [
        entry("01", RevocationReason::Unspecified),
        RevokedEntry { invalidity_date: date, ..entry("02", RevocationReason::Unspecified) },
        entry("03", RevocationReason::KeyCompromise),
        RevokedEntry { invalidity_date: date, ..entry("04", RevocationReason::KeyCompromise) },
    ];
    let linted = authority.linted(&facts(), &entries);
    let revoked = TbsCertList::<Raw>::from_der(linted.tbs_der()).unwrap().revoked_certificates.unwrap();
    let ids = |index: usize| {
        let extensions = revoked[index].crl_entry_extensions.as_ref();
        extensions.map(|list| list.iter().map(|e| e.extn_id.to_string()).collect::<Vec<_>>())
    };
    let (reason, invalidity) = ("2.5.29.21".to_owned(), "2.5.29.24".to_owned());
    assert_eq!(ids(0), None);
    assert_eq!(ids(1), Some(vec![invalidity.clone()]));
    assert_eq!(ids(2), Some(vec![reason.clone()]));
    assert_eq!(ids(3), Some(vec![reason, invalidity]));
}

#[test]
fn contradictory_facts_are_refused() {
    let (authority, other) = (Authority::new("-newkey ed25519"), Authority::new("-newkey ed25519"));
    let refusal =
        |issuer, facts: CertificateListFacts| CertificateListBuilder::new(&permitted(), issuer, &facts, 0).unwrap_err();
    let foreign = CertificateListIssuer { key: &other.key, ..authority.issuer() };
    assert!(matches!(refusal(foreign, facts()), CertificateListError::ForeignKey(id) if id == other.key.id));
    for next_update in [NEW_YEAR, NEW_YEAR.minus(WEEK)] {
        let backwards = CertificateListFacts { next_update, ..facts() };
        assert!(matches!(refusal(authority.issuer(), backwards), CertificateListError::EmptyPeriod { .. }));
    }
    let nothing = Some(point(&[], CertificateScope::All));
    let silent = CertificateListFacts { issuing_distribution_point: nothing, ..facts() };
    assert!(matches!(refusal(authority.issuer(), silent), CertificateListError::EmptyDistributionPoint));
    let foreign_url = Some(point(&["http://ü.example.org/"], CertificateScope::All));
    let not_ascii = CertificateListFacts { issuing_distribution_point: foreign_url, ..facts() };
    assert!(matches!(refusal(authority.issuer(), not_ascii), CertificateListError::Encoding(_)));
    let never = CertificateListFacts { next_update: UnixTime::from_seconds(i64::MAX), ..facts() };
    assert!(matches!(refusal(authority.issuer(), never), CertificateListError::Encoding(_)));
}

#[test]
fn a_date_that_cannot_be_written_is_refused() {
    let authority = Authority::new("-newkey ed25519");
    let mut builder = CertificateListBuilder::new(&permitted(), authority.issuer(), &facts(), 0).unwrap();
    let never = UnixTime::from_seconds(i64::MAX);
    let page = [RevokedEntry { revoked_at: never, ..entry("01", RevocationReason::Unspecified) }];
    assert!(builder.append(&page).is_err());
}

#[test]
fn the_request_names_key_purpose_and_state() {
    let authority = Authority::new("-newkey ec -pkeyopt ec_paramgen_curve:P-384");
    let linted = authority.linted(&facts(), &[]);
    let issuer = CertificateListIssuer { key_state: KeyState::Deactivated, ..authority.issuer() };
    let request = linted.sign_request(issuer, TIME_LIMIT);
    assert_eq!(request.key(), &authority.key);
    assert_eq!(request.purpose(), crate::hsm::SignPurpose::Crl);
    assert_eq!(request.state(), KeyState::Deactivated);
    assert_eq!(request.algorithm(), crate::x509::SignatureAlgorithm::EcdsaSha384);
    assert_eq!(request.time_limit(), TIME_LIMIT);
    assert_eq!(request.input(), &crate::hsm::Input::Message(linted.tbs_der().to_vec()));
}

#[test]
fn only_a_signature_over_these_bytes_makes_a_list() {
    for key in ["-newkey ec -pkeyopt ec_paramgen_curve:P-256", "-newkey ed25519", "-newkey rsa:2048"] {
        let authority = Authority::new(key);
        let other_facts = CertificateListFacts { number: CrlNumber::new(1), ..facts() };
        let other = authority.linted(&other_facts, &[]);
        let signature = authority.sign(&other.sign_request(authority.issuer(), TIME_LIMIT));
        let refused = authority.linted(&facts(), &[]).assemble(&signature, authority.issuer());
        assert!(matches!(refused, Err(AssemblyError::Signature(_))), "{key}");
    }
}

#[test]
fn what_is_no_list_has_no_summary() {
    let authority = Authority::new("-newkey ed25519");
    let der = authority.issue(&facts(), &[entry("01", RevocationReason::Superseded)]).into_der();
    assert!(CrlSummary::from_der(&der).is_ok());
    assert!(CrlSummary::from_der(&[der.as_slice(), &[0]].concat()).is_err());
    for length in 0..der.len() {
        assert!(CrlSummary::from_der(&der[..length]).is_err(), "cut at {length}");
    }
    assert!(CrlSummary::from_der(authority.certificate.as_der()).is_err());
}

fn any_entry() -> impl Strategy<Value = RevokedEntry> {
    let reasons: Vec<_> =
        RevocationReason::ALL.into_iter().filter(|reason| *reason != RevocationReason::RemoveFromCrl).collect();
    // To the end of 2149: both forms of a time.
    let instant = || (0..5_680_281_599_i64).prop_map(UnixTime::from_seconds);
    let serials = prop::collection::vec(any::<u8>(), 1..=20)
        .prop_filter_map("", |octets| SerialNumber::from_octets(&octets).ok());
    (serials, instant(), prop::sample::select(reasons), prop::option::of(instant())).prop_map(
        |(serial, revoked_at, reason, invalidity_date)| RevokedEntry { serial, revoked_at, reason, invalidity_date },
    )
}

/// What x509-cert reads in an entry.
fn decoded(entry: &x509_cert::crl::RevokedCert<Raw>) -> RevokedEntry {
    use const_oid::db::rfc5280;
    use x509_cert::ext::pkix::CrlReason;
    let value = |id| {
        let found = entry.crl_entry_extensions.iter().flatten().find(|extension| extension.extn_id == id);
        found.map(|extension| extension.extn_value.as_bytes())
    };
    let reason = value(rfc5280::ID_CE_CRL_REASONS).map(|der| CrlReason::from_der(der).unwrap() as u8);
    let date = value(rfc5280::ID_CE_INVALIDITY_DATE).map(|der| der::asn1::GeneralizedTime::from_der(der).unwrap());
    RevokedEntry {
        serial: SerialNumber::from_octets(entry.serial_number.as_bytes()).unwrap(),
        revoked_at: from_time(&entry.revocation_date),
        reason: RevocationReason::try_from(reason.unwrap_or(0)).unwrap(),
        invalidity_date: date.map(|date| from_time(&date.into())),
    }
}

#[test]
fn another_decoder_reads_what_was_written() {
    let authority = Authority::new("-newkey ed25519");
    let cases = ProptestConfig::with_cases(48);
    proptest!(cases, |(entries in prop::collection::vec(any_entry(), 0..120), number: u128)| {
        let mut entries = entries;
        entries.sort_by(|one, other| one.serial.cmp(&other.serial));
        entries.dedup_by(|one, other| one.serial == other.serial);
        let facts = CertificateListFacts { number: CrlNumber::new(number), ..facts() };
        let linted = authority.linted(&facts, &entries);
        let parsed = TbsCertList::<Raw>::from_der(linted.tbs_der()).unwrap();
        let read: Vec<_> = parsed.revoked_certificates.iter().flatten().map(decoded).collect();
        prop_assert_eq!(&read, &entries);
        prop_assert_eq!(parsed.to_der().unwrap(), linted.tbs_der());
    });
}

#[test]
fn a_long_list_stays_in_the_memory_set_aside_for_it() {
    let authority = Authority::new("-newkey ed25519");
    let entry = |index: u64| {
        let random: Vec<u8> = index.to_be_bytes().into_iter().cycle().take(18).collect();
        let serial = SerialNumber::from_random(random.try_into().unwrap());
        RevokedEntry { serial, ..entry("01", RevocationReason::Superseded) }
    };
    let entries: Vec<_> = (0..5000).map(entry).collect();
    let mut builder = CertificateListBuilder::new(&permitted(), authority.issuer(), &facts(), entries.len()).unwrap();
    entries.chunks(1000).for_each(|page| builder.append(page).unwrap());
    let linted = builder.finish().unwrap().lint(authority.issuer()).unwrap();
    let place = linted.tbs_der().as_ptr_range();
    let signature = authority.sign(&linted.sign_request(authority.issuer(), TIME_LIMIT));
    let der = linted.assemble(&signature, authority.issuer()).unwrap().into_der();
    assert!(der.as_ptr() <= place.start && place.start < der.as_ptr_range().end, "the octets never moved elsewhere");
    assert!(der.capacity() < der.len() + der.len() / 4);
    assert_eq!(CrlSummary::from_der(&der).unwrap().entries, 5000);
}
