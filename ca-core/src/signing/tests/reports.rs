//! What a report says, beside what OpenSSL says of the same octets.

use std::time::Duration;

use super::*;
use crate::revocation::RevocationReason;
use crate::signing::verification::{Finding, Question, Report, Revocation, TimestampFinding, Verdict, verify};
use crate::x509::Certificate;

const DAY: Duration = Duration::from_secs(86_400);

pub(super) fn judged_at(
    format: Format,
    signature: &[u8],
    item: &DigestItem,
    certificates: &[Certificate],
    roots: &[Certificate],
    now: UnixTime,
) -> Report {
    verify(&Question { format, signature, item, certificates, roots, now, revocation: &|_| None })
}

pub(super) fn judged(
    format: Format,
    signature: &[u8],
    item: &DigestItem,
    certificates: &[Certificate],
    roots: &[Certificate],
) -> Report {
    judged_at(format, signature, item, certificates, roots, UnixTime::default())
}

pub(super) fn report(hierarchy: &Hierarchy, format: Format, signature: &[u8], item: &DigestItem) -> Report {
    judged_at(format, signature, item, &[], std::slice::from_ref(&hierarchy.root), hierarchy.now())
}

fn sha256() -> DigestItem {
    item(DigestAlgorithm::Sha256, CONTENT)
}

fn rejected(verdict: &Verdict, reason: &str) {
    assert!(matches!(verdict, Verdict::Rejects(text) if text.contains(reason)), "{verdict:?} is not about {reason:?}");
}

#[test]
fn a_good_signature_of_each_form_is_accepted_and_one_about_something_else_is_not() {
    let hierarchy = Hierarchy::new();
    let leaf = hierarchy.issue("one", P256, CODE_SIGNING, 30);
    let (asked, other) = (sha256(), item(DigestAlgorithm::Sha256, b"x"));
    let path = hierarchy.path(&leaf);
    for format in Format::ALL {
        let artifact = signed(&hierarchy, &leaf, format, &asked);
        let judge = |item| judged_at(format, artifact.as_bytes(), item, &path[..2], &path[2..], hierarchy.now());
        let report = judge(&asked);
        assert_eq!((&report.openssl, &report.signing_time_aware), (&Verdict::Accepts, &Verdict::Accepts), "{report:?}");
        assert_eq!(report.signer.as_ref(), Some(&leaf.certificate));
        assert_eq!(report.timestamp, TimestampFinding::Absent);
        assert_eq!(report.claimed_time, (format != Format::Raw).then_some(hierarchy.now()));
        let report = judge(&other);
        assert!(matches!(report.digest, Finding::Fails(_)), "{report:?}");
        assert!(
            matches!(report.openssl, Verdict::Rejects(_)) && matches!(report.signing_time_aware, Verdict::Rejects(_))
        );
    }
}

#[test]
fn one_form_is_not_taken_for_another() {
    let hierarchy = Hierarchy::new();
    let leaf = hierarchy.issue("one", P256, CODE_SIGNING, 30);
    let detached = signed(&hierarchy, &leaf, Format::CmsDetached, &sha256());
    let report = report(&hierarchy, Format::AuthenticodePe, detached.as_bytes(), &sha256());
    assert!(matches!(report.format, Finding::Fails(_)));
    rejected(&report.openssl, "not of the form authenticode-pe");
    let unknown = judged(Format::Raw, b"x", &sha256(), &[], &[]);
    rejected(&unknown.openssl, "could not be read");
    rejected(&judged(Format::Raw, b"x", &sha256(), &[leaf.certificate], &[]).openssl, "does not verify");
}

#[test]
fn strangers_and_wrong_purposes_are_found() {
    let (hierarchy, strangers) = (Hierarchy::new(), Hierarchy::new());
    let leaf = hierarchy.issue("one", P256, CODE_SIGNING, 30);
    let artifact = signed(&hierarchy, &leaf, Format::CmsDetached, &sha256());
    let foreign = [strangers.root.clone()];
    let report = judged_at(Format::CmsDetached, artifact.as_bytes(), &sha256(), &[], &foreign, hierarchy.now());
    assert!(report.signature.holds() && report.digest.holds());
    rejected(&report.openssl, "no path to a trusted root");
    rejected(&report.signing_time_aware, "no path to a trusted root");
    // OpenSSL signs with whatever certificate it is given.
    let server = hierarchy.issue("server", P256, &CODE_SIGNING.replace("codeSigning", "serverAuth"), 30);
    hierarchy.ssl.write("content", CONTENT);
    hierarchy.ssl.run(&format!(
        "cms -sign -binary -in content -md sha256 -outform DER -signer {0}.pem -inkey {0}.key -certfile sub.pem -out s.p7s",
        server.name
    ));
    let theirs = self::report(&hierarchy, Format::CmsDetached, &hierarchy.ssl.read("s.p7s"), &sha256());
    assert!(theirs.signature.holds(), "{theirs:?}");
    assert_eq!(theirs.purpose, Finding::Fails("the certificate is not for code signing".into()));
    rejected(&theirs.openssl, "not for code signing");
}

#[test]
fn what_openssl_signs_is_read() {
    let hierarchy = Hierarchy::new();
    hierarchy.ssl.write("content", CONTENT);
    for (name, key, options) in [("ec", P256, ""), ("rsa", RSA, "-cades"), ("keyid", RSA, "-keyid")] {
        hierarchy.issue(name, key, CODE_SIGNING, 30);
        hierarchy.ssl.run(&format!(
            "cms -sign -binary -in content -md sha256 -outform DER -signer {name}.pem -inkey {name}.key -certfile sub.pem \
             -out s.p7s {options}"
        ));
        let now = hierarchy.now().plus(Duration::from_secs(60));
        let roots = [hierarchy.root.clone()];
        let report = judged_at(Format::CmsDetached, &hierarchy.ssl.read("s.p7s"), &sha256(), &[], &roots, now);
        assert_eq!(report.openssl, Verdict::Accepts, "{name}: {report:?}");
    }
}

#[test]
fn a_timestamp_outlives_the_certificate_where_it_is_heeded() {
    let hierarchy = Hierarchy::new();
    let (leaf, tsa) = (hierarchy.issue("one", P256, CODE_SIGNING, 2), hierarchy.issue("tsa", P256, TIME_STAMPING, 3));
    let later = hierarchy.now().plus(DAY * 10);
    let roots = [hierarchy.root.clone()];
    for format in [Format::CmsDetached, Format::JarSf, Format::AuthenticodePe] {
        let judge = |artifact: &SignedArtifact| judged_at(format, artifact.as_bytes(), &sha256(), &[], &roots, later);
        let artifact = signed(&hierarchy, &leaf, format, &sha256());
        let report = judge(&artifact);
        rejected(&report.signing_time_aware, "had expired");
        rejected(&report.openssl, "had expired");
        let token = stamp(&hierarchy, &tsa, artifact.signature_value(), hierarchy.now());
        let stamped = artifact.with_timestamp(&token).unwrap();
        let report = judge(&stamped);
        assert_eq!(report.proved_time(), Some(hierarchy.now()));
        assert_eq!(report.signing_time_aware, Verdict::Accepts, "{report:?}");
        match format {
            Format::AuthenticodePe => assert_eq!(report.openssl, Verdict::Accepts),
            _ => rejected(&report.openssl, "had expired"),
        }
        // Before its own time a timestamp proves nothing.
        let early = judged_at(format, stamped.as_bytes(), &sha256(), &[], &roots, hierarchy.now().minus(DAY));
        assert!(matches!(early.timestamp, TimestampFinding::Worthless(_)));
    }
}

#[test]
fn revocation_is_judged_as_each_family_does() {
    let hierarchy = Hierarchy::new();
    let (leaf, tsa) = (hierarchy.issue("one", P256, CODE_SIGNING, 30), hierarchy.issue("tsa", P256, TIME_STAMPING, 30));
    let (now, roots) = (hierarchy.now().plus(DAY * 5), [hierarchy.root.clone()]);
    let plain = || signed(&hierarchy, &leaf, Format::AuthenticodePe, &sha256());
    let token = |artifact: &SignedArtifact| stamp(&hierarchy, &tsa, artifact.signature_value(), hierarchy.now());
    let artifact = plain();
    let token = token(&artifact);
    let stamped = artifact.with_timestamp(&token).unwrap();
    let judge = |signature: &[u8], revoked: &Certificate, at| {
        let revocation = |asked: &Certificate| {
            (asked == revoked).then_some(Revocation { at, reason: RevocationReason::KeyCompromise })
        };
        let (item, format) = (sha256(), Format::AuthenticodePe);
        verify(&Question {
            format,
            signature,
            item: &item,
            certificates: &[],
            roots: &roots,
            now,
            revocation: &revocation,
        })
    };
    let (before, after) = (hierarchy.now().minus(DAY), hierarchy.now().plus(DAY));
    let report = judge(stamped.as_bytes(), &leaf.certificate, after);
    assert_eq!(report.signing_time_aware, Verdict::Accepts, "{report:?}");
    rejected(&report.openssl, "whenever it signed");
    let report = judge(stamped.as_bytes(), &leaf.certificate, before);
    rejected(&report.signing_time_aware, "before it signed");
    rejected(&report.openssl, "whenever it signed");
    let report = judge(plain().as_bytes(), &leaf.certificate, after);
    rejected(&report.signing_time_aware, "no timestamp proves");
    let report = judge(stamped.as_bytes(), &leaf.certificate, now.plus(DAY));
    assert_eq!((report.revocation, report.openssl), (None, Verdict::Accepts), "not yet");
    let report = judge(stamped.as_bytes(), &tsa.certificate, before);
    assert!(
        matches!(&report.timestamp, TimestampFinding::Worthless(text) if text.contains("its authority is revoked"))
    );
    let report = judge(stamped.as_bytes(), &tsa.certificate, after);
    assert!(matches!(report.timestamp, TimestampFinding::Proved { .. }));
}
