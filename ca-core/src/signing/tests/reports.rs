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
    verify(&Question { format, signature, item, certificates, roots, timestamp_roots: &[], now, revocation: &|_| None })
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
    let judge_for = |signature: &[u8], revoked: &Certificate, at, reason| {
        let revocation =
            |asked: &Certificate| (asked == revoked).then_some(Revocation { at, reason, lost_since: None });
        let (item, format) = (sha256(), Format::AuthenticodePe);
        verify(&Question {
            format,
            signature,
            item: &item,
            certificates: &[],
            roots: &roots,
            timestamp_roots: &[],
            now,
            revocation: &revocation,
        })
    };
    let judge = |signature: &[u8], revoked: &Certificate, at| {
        judge_for(signature, revoked, at, RevocationReason::KeyCompromise)
    };
    let (before, after) = (hierarchy.now().minus(DAY), hierarchy.now().plus(DAY));
    let report = judge(stamped.as_bytes(), &leaf.certificate, after);
    assert_eq!(report.signing_time_aware, Verdict::Accepts, "{report:?}");
    rejected(&report.openssl, "whenever it signed");
    let report = judge(stamped.as_bytes(), &leaf.certificate, before);
    rejected(&report.signing_time_aware, "before it signed");
    rejected(&report.openssl, "whenever it signed");
    let revocation = |asked: &Certificate| {
        let (reason, lost_since) = (RevocationReason::KeyCompromise, Some(before));
        (*asked == leaf.certificate).then_some(Revocation { at: after, reason, lost_since })
    };
    let (format, item, signature) = (Format::AuthenticodePe, sha256(), stamped.as_bytes());
    let (certificates, timestamp_roots) = (&[], &[]);
    let question = Question {
        format,
        signature,
        item: &item,
        certificates,
        roots: &roots,
        timestamp_roots,
        now,
        revocation: &revocation,
    };
    rejected(&verify(&question).signing_time_aware, "thought lost since");
    let report = judge(plain().as_bytes(), &leaf.certificate, after);
    rejected(&report.signing_time_aware, "no timestamp proves");
    let report = judge(stamped.as_bytes(), &leaf.certificate, now.plus(DAY));
    assert_eq!((report.revocation, report.openssl), (None, Verdict::Accepts), "not yet");
    let report = judge(stamped.as_bytes(), &tsa.certificate, before);
    assert!(
        matches!(&report.timestamp, TimestampFinding::Worthless(text) if text.contains("its authority is revoked"))
    );
    let report = judge_for(stamped.as_bytes(), &tsa.certificate, after, RevocationReason::Superseded);
    assert!(matches!(report.timestamp, TimestampFinding::Proved { .. }));
    for reason in [RevocationReason::KeyCompromise, RevocationReason::Unspecified] {
        let report = judge_for(stamped.as_bytes(), &tsa.certificate, after, reason);
        assert!(
            matches!(&report.timestamp, TimestampFinding::Worthless(text) if text.contains("its authority is revoked"))
        );
    }
}

/// A signature whose timestamp comes from an authority of somebody else.
#[test]
fn a_revoked_authority_above_the_signer_is_judged_as_each_family_does() {
    let (hierarchy, others) = (Hierarchy::new(), Hierarchy::new());
    let (leaf, tsa) = (hierarchy.issue("one", P256, CODE_SIGNING, 30), others.issue("tsa", P256, TIME_STAMPING, 30));
    let stamped_at = hierarchy.now().max(others.now());
    let now = stamped_at.plus(DAY * 5);
    let (roots, timestamp_roots, item) = ([hierarchy.root.clone()], [others.root.clone()], sha256());
    for format in [Format::CmsDetached, Format::AuthenticodePe] {
        let plain = || signed(&hierarchy, &leaf, format, &item);
        let artifact = plain();
        let token = stamp(&others, &tsa, artifact.signature_value(), stamped_at);
        let stamped = artifact.with_timestamp(&token).unwrap();
        let judge = |signature: &[u8], revoked: &Certificate, at, reason| {
            let revocation =
                |asked: &Certificate| (asked == revoked).then_some(Revocation { at, reason, lost_since: None });
            verify(&Question {
                format,
                signature,
                item: &item,
                certificates: &[],
                roots: &roots,
                timestamp_roots: &timestamp_roots,
                now,
                revocation: &revocation,
            })
        };
        let (before, after) = (stamped_at.minus(DAY), stamped_at.plus(DAY));
        use RevocationReason::{CaCompromise, Superseded};
        let report = judge(stamped.as_bytes(), &hierarchy.root, before, Superseded);
        assert_eq!((&report.openssl, &report.signing_time_aware), (&Verdict::Accepts, &Verdict::Accepts), "{report:?}");
        let report = judge(stamped.as_bytes(), &hierarchy.sub, after, Superseded);
        assert_eq!(report.signing_time_aware, Verdict::Accepts, "{report:?}");
        rejected(&report.openssl, "the authority CN=sub,O=Example is revoked since");
        assert_eq!(report.revoked_authority.map(|found| found.certificate), Some(hierarchy.sub.clone()));
        rejected(
            &judge(stamped.as_bytes(), &hierarchy.sub, before, Superseded).signing_time_aware,
            "before the signer signed",
        );
        rejected(
            &judge(plain().as_bytes(), &hierarchy.sub, after, Superseded).signing_time_aware,
            "no timestamp proves",
        );
        let report = judge(stamped.as_bytes(), &hierarchy.sub, after, CaCompromise);
        rejected(&report.signing_time_aware, "under any date");
        let report = judge(stamped.as_bytes(), &hierarchy.sub, now.plus(DAY), CaCompromise);
        assert_eq!((report.revoked_authority, report.openssl), (None, Verdict::Accepts), "not yet");
        // Above the time-stamping authority.
        let report = judge(stamped.as_bytes(), &others.sub, after, Superseded);
        assert!(matches!(report.timestamp, TimestampFinding::Proved { .. }));
        for (at, reason) in [(before, Superseded), (after, CaCompromise)] {
            let report = judge(stamped.as_bytes(), &others.sub, at, reason);
            let said = "above its authority, the authority CN=sub";
            assert!(
                matches!(&report.timestamp, TimestampFinding::Worthless(text) if text.contains(said)),
                "{report:?}"
            );
        }
    }
}

#[test]
fn another_path_leads_past_a_revoked_authority() {
    let hierarchy = Hierarchy::new();
    let leaf = hierarchy.issue("one", P256, CODE_SIGNING, 30);
    // The same key and name, certified once more.
    hierarchy.ssl.run("req -new -key sub.key -out sub.csr -subj /O=Example/CN=sub");
    hierarchy
        .ssl
        .write("extensions.cnf", b"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n");
    hierarchy.ssl.run(
        "x509 -req -in sub.csr -CA root.pem -CAkey root.key -CAcreateserial -days 900 -extfile extensions.cnf -out again.pem",
    );
    let again = Certificate::from_der(&hierarchy.ssl.run("x509 -in again.pem -outform DER")).unwrap();
    let item = sha256();
    let artifact = signed(&hierarchy, &leaf, Format::CmsDetached, &item);
    let now = hierarchy.now().max(again.validity().not_before);
    let judge = |certificates: &[Certificate], revoked: &[&Certificate]| {
        let revocation = Revocation { at: now, reason: RevocationReason::CaCompromise, lost_since: None };
        verify(&Question {
            format: Format::CmsDetached,
            signature: artifact.as_bytes(),
            item: &item,
            certificates,
            roots: std::slice::from_ref(&hierarchy.root),
            timestamp_roots: &[],
            now,
            revocation: &|asked| revoked.contains(&asked).then_some(revocation),
        })
    };
    let both = [again.clone()];
    assert_eq!(judge(&both, &[&hierarchy.sub]).openssl, Verdict::Accepts);
    rejected(&judge(&[], &[&hierarchy.sub]).openssl, "the authority CN=sub,O=Example is revoked");
    rejected(&judge(&both, &[&hierarchy.sub, &again]).openssl, "the authority CN=sub,O=Example is revoked");
}
