//! OpenSSL and webpki as judges of finished lists.

use super::*;

const URL: &str = "http://ca.example.org/crl/issuing/0.crl";

/// The verdict of `openssl crl` on the signature, and its text.
fn openssl_reads(authority: &Authority, list: &IssuedCertificateList) -> String {
    authority.openssl.write("list.crl", list.as_der());
    let arguments = "crl -inform DER -in list.crl -CAfile ca.pem -noout -text -nameopt RFC2253";
    let (success, text, verdict) = authority.openssl.try_run(&arguments.split(' ').collect::<Vec<_>>(), b"");
    assert!(success && verdict.contains("verify OK"), "{verdict}");
    String::from_utf8(text).unwrap()
}

#[test]
fn openssl_verifies_every_algorithm() {
    for key in [
        "-newkey ec -pkeyopt ec_paramgen_curve:P-256",
        "-newkey ec -pkeyopt ec_paramgen_curve:P-384",
        "-newkey ec -pkeyopt ec_paramgen_curve:P-521",
        "-newkey ed25519",
        "-newkey rsa:2048",
    ] {
        let authority = Authority::new(key);
        for entries in [&[][..], &[entry("0abc", RevocationReason::KeyCompromise)]] {
            openssl_reads(&authority, &authority.issue(&facts(), entries));
        }
    }
}

#[test]
fn openssl_reads_what_was_meant() {
    let authority = Authority::new("-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    let here = IssuingDistributionPoint { urls: vec![URL.to_owned()], scope: CertificateScope::EndEntities };
    let facts = CertificateListFacts {
        next_update: UnixTime::from_seconds(2_556_144_000),
        number: CrlNumber::new(0x1234),
        issuing_distribution_point: Some(here),
        ..facts()
    };
    let entries = [
        entry("0abc", RevocationReason::Unspecified),
        RevokedEntry { invalidity_date: Some(NEW_YEAR.minus(WEEK)), ..entry("ff01", RevocationReason::KeyCompromise) },
    ];
    let text = openssl_reads(&authority, &authority.issue(&facts, &entries));
    for expected in [
        "Version 2 (0x1)",
        "Signature Algorithm: ecdsa-with-SHA256",
        "Issuer: CN=Issuing CA,O=Example",
        "Last Update: Jan  1 00:00:00 2026 GMT",
        "Next Update: Jan  1 00:00:00 2051 GMT",
        "X509v3 CRL Number: \n                4660",
        "X509v3 Issuing Distribution Point: critical",
        "URI:http://ca.example.org/crl/issuing/0.crl",
        "Only User Certificates",
        "Serial Number: 0ABC\n        Revocation Date: Jan  1 00:00:00 2026 GMT\n    Serial Number: FF01\n",
        "X509v3 CRL Reason Code: \n                Key Compromise",
        "Invalidity Date: \n                Dec 25 00:00:00 2025 GMT",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in {text}");
    }
}

/// A certificate of the authority that names `url` as its distribution point.
fn certify(authority: &Authority, serial: &str, url: &str) {
    let openssl = &authority.openssl;
    openssl.run("req -new -newkey ed25519 -nodes -keyout end.key -subj /CN=a.example.org -out end.csr");
    openssl.write("end.cnf", format!("crlDistributionPoints=URI:{url}\nsubjectAltName=DNS:a.example.org\n").as_bytes());
    openssl.run(&format!(
        "x509 -req -in end.csr -CA ca.pem -CAkey ca.key -set_serial 0x{serial} -days 20 -extfile end.cnf -out end.pem"
    ));
}

#[test]
fn openssl_finds_the_revoked_certificate_and_no_other() {
    let authority = Authority::new("-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    let urls = vec!["http://old.example.org/0.crl".to_owned(), URL.to_owned()];
    let here = IssuingDistributionPoint { urls, scope: CertificateScope::EndEntities };
    let facts = CertificateListFacts { issuing_distribution_point: Some(here), ..facts() };
    let list = authority.issue(&facts, &[entry("0abc", RevocationReason::KeyCompromise)]);
    authority.openssl.write("list.crl", list.as_der());
    authority.openssl.run("crl -inform DER -in list.crl -out list.pem");
    let verdict = |serial, url| {
        certify(&authority, serial, url);
        let arguments =
            "verify -x509_strict -crl_check -no_check_time -CAfile ca.pem -CRLfile list.pem -partial_chain end.pem";
        let (_, output, error) = authority.openssl.try_run(&arguments.split(' ').collect::<Vec<_>>(), b"");
        format!("{}{error}", String::from_utf8_lossy(&output))
    };
    assert!(verdict("0abd", URL).contains("end.pem: OK"), "{}", verdict("0abd", URL));
    assert!(verdict("0abd", "http://old.example.org/0.crl").contains("end.pem: OK"));
    assert!(verdict("0abc", URL).contains("certificate revoked"));
    assert!(verdict("0abd", "http://other.example.org/0.crl").contains("different CRL scope"));
}

/// What webpki says of the certificate in `end.pem`.
fn webpki_judges(authority: &Authority, list: &IssuedCertificateList) -> Result<(), webpki::Error> {
    let (anchor, end) =
        (authority.certificate.as_der().into(), authority.openssl.run("x509 -in end.pem -outform DER").into());
    let list = webpki::BorrowedCertRevocationList::from_der(list.as_der())?.to_owned()?.into();
    let lists = [&list];
    let revocation = webpki::RevocationOptionsBuilder::new(&lists).unwrap().build();
    let an_hour_in = authority.certificate.validity().not_before.plus(Duration::from_secs(3600));
    let now = rustls_pki_types::UnixTime::since_unix_epoch(an_hour_in.since(UnixTime::default()));
    let anchors = [webpki::anchor_from_trusted_cert(&anchor)?];
    let (algorithms, usage) = (webpki::ALL_VERIFICATION_ALGS, webpki::KeyUsage::server_auth());
    let end = webpki::EndEntityCert::try_from(&end)?;
    end.verify_for_usage(algorithms, &anchors, &[], now, usage, Some(revocation), None).map(|_| ())
}

#[test]
fn webpki_finds_the_revoked_certificate_and_no_other() {
    let authority = Authority::new("-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    let here = IssuingDistributionPoint { urls: vec![URL.to_owned()], scope: CertificateScope::EndEntities };
    let facts = CertificateListFacts { issuing_distribution_point: Some(here), ..facts() };
    let entries = [entry("8abc", RevocationReason::KeyCompromise), entry("02", RevocationReason::Unspecified)];
    let list = authority.issue(&facts, &entries);
    let verdict = |serial, url| {
        certify(&authority, serial, url);
        webpki_judges(&authority, &list)
    };
    assert_eq!(verdict("03", URL), Ok(()));
    assert_eq!(verdict("8abc", URL), Err(webpki::Error::CertRevoked));
    assert_eq!(verdict("02", URL), Err(webpki::Error::CertRevoked));
    assert_eq!(verdict("03", "http://other.example.org/0.crl"), Err(webpki::Error::UnknownRevocationStatus));
}
