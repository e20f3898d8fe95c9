//! Everything that stands between a digest and a signature.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::hsm::SignPurpose;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn a_signer_has_the_key_the_purpose_and_a_path() {
    let hierarchy = Hierarchy::new();
    let refusal = |name: &str, extensions: &str| {
        hierarchy.try_artifact_signer(&hierarchy.issue(name, P256, extensions, 30)).map(drop).unwrap_err()
    };
    assert!(matches!(refusal("tsa", TIME_STAMPING), UnusableSigner::Purpose));
    let any = CODE_SIGNING.replace("codeSigning", "anyExtendedKeyUsage");
    assert!(matches!(refusal("any", &any), UnusableSigner::Purpose));
    let usage = CODE_SIGNING.replace("digitalSignature", "nonRepudiation");
    assert!(matches!(refusal("usage", &usage), UnusableSigner::KeyUsage));
    assert!(matches!(refusal("ca", &CODE_SIGNING.replace("CA:FALSE", "CA:TRUE")), UnusableSigner::Authority));
    let (leaf, other) =
        (hierarchy.issue("one", P256, CODE_SIGNING, 30), hierarchy.issue("two", P256, CODE_SIGNING, 30));
    let state = crate::hsm::KeyState::Active;
    let with = |chain: Vec<_>, key| ArtifactSigner::new(chain, key, state).map(drop).unwrap_err();
    let path = || hierarchy.path(&leaf);
    assert!(matches!(with(path(), other.key), UnusableSigner::ForeignKey { .. }));
    assert!(matches!(with(vec![leaf.certificate.clone()], leaf.key.clone()), UnusableSigner::Incomplete));
    let gap = vec![leaf.certificate.clone(), hierarchy.root.clone()];
    assert!(matches!(with(gap, leaf.key.clone()), UnusableSigner::Chain(_)));
}

#[test]
fn only_what_was_permitted_is_built() {
    let hierarchy = Hierarchy::new();
    let (leaf, other) =
        (hierarchy.issue("one", P256, CODE_SIGNING, 30), hierarchy.issue("two", P256, CODE_SIGNING, 30));
    let (signer, other) = (hierarchy.artifact_signer(&leaf), hierarchy.artifact_signer(&other));
    let (asked, another) = (item(DigestAlgorithm::Sha256, CONTENT), item(DigestAlgorithm::Sha256, b"x"));
    let refusal = |format, item: &DigestItem, signer: &ArtifactSigner| {
        let artifact = Artifact { format, item, signing_time: hierarchy.now() };
        let permitted = permitted(act(&hierarchy.artifact_signer(&leaf), Format::CmsDetached, &asked));
        SignableArtifact::build(&permitted, artifact, signer).map(drop)
    };
    assert!(refusal(Format::CmsDetached, &asked, &signer).is_ok());
    for (format, item) in [(Format::CmsDetached, &another), (Format::JarSf, &asked), (Format::Raw, &asked)] {
        let refused = refusal(format, item, &signer).unwrap_err();
        assert!(matches!(refused, ArtifactError::NotPermitted("the artifact or the form differs")), "{refused}");
    }
    let refused = refusal(Format::CmsDetached, &asked, &other).unwrap_err();
    assert!(matches!(refused, ArtifactError::NotPermitted("the certificate differs")), "{refused}");
}

#[test]
fn a_hash_goes_with_form_and_key() {
    use crate::x509::KeyAlgorithm as K;
    use DigestAlgorithm as D;
    let fits = |format, key, digest| signature_algorithm(format, key, digest).is_ok();
    for format in Format::ALL {
        for (key, only) in [(K::EcdsaP256, D::Sha256), (K::EcdsaP384, D::Sha384), (K::EcdsaP521, D::Sha512)] {
            assert!(D::ALL.into_iter().all(|digest| fits(format, key, digest) == (digest == only)), "{format} {key}");
        }
        assert!(D::ALL.into_iter().all(|digest| fits(format, K::Rsa { modulus_bits: 3072 }, digest)));
        let message = matches!(format, Format::CmsDetached | Format::JarSf);
        assert!(D::ALL.into_iter().all(|d| fits(format, K::Ed25519, d) == (message && d == D::Sha512)), "{format}");
    }
    let text = |format, key, digest| signature_algorithm(format, key, digest).unwrap_err().to_string();
    assert!(text(Format::Raw, K::Ed25519, D::Sha512).contains("Ed25519 signs messages, not digests"));
    assert!(text(Format::AuthenticodePe, K::Ed25519, D::Sha512).contains("use an ECDSA or RSA key"));
    let expected = "ecdsa-p384 keys do not sign sha256 digests in the form jar-sf: submit sha384 digests";
    assert_eq!(text(Format::JarSf, K::EcdsaP384, D::Sha256), expected);
}

#[test]
fn ed25519_signs_messages() {
    let hierarchy = Hierarchy::new();
    let leaf = hierarchy.issue("ed", ED25519, CODE_SIGNING, 30);
    let item = item(DigestAlgorithm::Sha512, CONTENT);
    let artifact = signed(&hierarchy, &leaf, Format::CmsDetached, &item);
    assert!(reports::report(&hierarchy, Format::CmsDetached, artifact.as_bytes(), &item).signature.holds());
}

#[test]
fn nothing_is_signed_outside_the_validity_of_the_path_or_for_the_future() {
    let hierarchy = Hierarchy::new();
    let signer = hierarchy.artifact_signer(&hierarchy.issue("one", P256, CODE_SIGNING, 30));
    let item = item(DigestAlgorithm::Sha256, CONTENT);
    let lint = |format, signing_time: UnixTime, now: UnixTime, signer: &ArtifactSigner| {
        let artifact = Artifact { format, item: &item, signing_time };
        SignableArtifact::build(&permitted(act(signer, format, &item)), artifact, signer).unwrap().lint(now).map(drop)
    };
    let now = hierarchy.now();
    assert!(lint(Format::CmsDetached, now, now, &signer).is_ok());
    for at in [now.minus(DAY), now.plus(DAY * 31)] {
        let refused = lint(Format::CmsDetached, at, at, &signer).unwrap_err();
        assert!(matches!(refused, ArtifactRefusal::NotValid { .. }), "{refused}");
    }
    let refused = lint(Format::CmsDetached, now.plus(DAY), now, &signer).unwrap_err();
    assert!(matches!(refused, ArtifactRefusal::Future { .. }), "{refused}");
    let short: Vec<_> = signer.chain()[..2].to_vec();
    let rootless = ArtifactSigner::new(short, signer.key().clone(), signer.key_state()).unwrap();
    assert!(lint(Format::CmsDetached, now, now, &rootless).is_ok());
    let refused = lint(Format::JarSf, now, now, &rootless).unwrap_err();
    assert!(matches!(refused, ArtifactRefusal::RootMissing), "{refused}");
}

#[test]
fn the_request_names_key_purpose_and_input() {
    let hierarchy = Hierarchy::new();
    let signer = hierarchy.artifact_signer(&hierarchy.issue("one", P256, CODE_SIGNING, 30));
    let item = item(DigestAlgorithm::Sha256, CONTENT);
    let raw = linted(&hierarchy, &signer, Format::Raw, &item).sign_request(TIME_LIMIT);
    assert_eq!((raw.purpose(), raw.key(), raw.time_limit()), (SignPurpose::Artifact, signer.key(), TIME_LIMIT));
    let digest = crate::hsm::Input::Digest { algorithm: item.algorithm, value: item.digest.clone() };
    assert_eq!(raw.input(), &digest);
    let message = linted(&hierarchy, &signer, Format::CmsDetached, &item).sign_request(TIME_LIMIT);
    let crate::hsm::Input::Message(attributes) = message.input() else { panic!("a message") };
    assert_eq!(attributes.first(), Some(&0x31), "RFC 5652 §5.4: a SET OF");
}

#[test]
fn only_a_signature_over_these_bytes_makes_an_artifact() {
    let hierarchy = Hierarchy::new();
    let leaf = hierarchy.issue("one", P256, CODE_SIGNING, 30);
    let signer = hierarchy.artifact_signer(&leaf);
    let (asked, other) = (item(DigestAlgorithm::Sha256, CONTENT), item(DigestAlgorithm::Sha256, b"x"));
    for format in Format::ALL {
        let foreign = linted(&hierarchy, &signer, format, &other).sign_request(TIME_LIMIT);
        let signature = hierarchy.sign(&leaf, &foreign);
        let refused = linted(&hierarchy, &signer, format, &asked).assemble(&signature).unwrap_err();
        assert!(matches!(refused, AssemblyError::Signature(_)), "{format}: {refused}");
    }
}

#[test]
fn a_timestamp_is_about_the_signature_it_is_put_to() {
    let hierarchy = Hierarchy::new();
    let (leaf, tsa) = (hierarchy.issue("one", P256, CODE_SIGNING, 30), hierarchy.issue("tsa", P256, TIME_STAMPING, 30));
    let item = item(DigestAlgorithm::Sha256, CONTENT);
    let foreign = stamp(&hierarchy, &tsa, b"something else", hierarchy.now());
    let refused = signed(&hierarchy, &leaf, Format::CmsDetached, &item).with_timestamp(&foreign).unwrap_err();
    assert!(matches!(refused, TimestampMismatch::OtherImprint), "{refused}");
    let raw = signed(&hierarchy, &leaf, Format::Raw, &item);
    let token = stamp(&hierarchy, &tsa, raw.signature_value(), hierarchy.now());
    assert!(matches!(raw.with_timestamp(&token), Err(TimestampMismatch::Raw)));
}

proptest! {
    #[test]
    fn garbage_is_judged_without_a_panic(garbage in prop::collection::vec(any::<u8>(), 0..400)) {
        let item = DigestItem { name: "x".into(), algorithm: DigestAlgorithm::Sha256, digest: vec![7; 32] };
        for format in Format::ALL {
            let report = reports::judged(format, &garbage, &item, &[], &[]);
            prop_assert!(matches!(report.openssl, verification::Verdict::Rejects(_)));
        }
    }
}

#[test]
fn a_signature_with_an_octet_changed_or_cut_off_is_never_accepted() {
    let hierarchy = Hierarchy::new();
    let leaf = hierarchy.issue("one", P256, CODE_SIGNING, 30);
    let item = item(DigestAlgorithm::Sha256, CONTENT);
    let artifact = signed(&hierarchy, &leaf, Format::AuthenticodePe, &item);
    let roots = [hierarchy.root.clone()];
    let accepted = |der: &[u8]| {
        let report = reports::judged_at(Format::AuthenticodePe, der, &item, &[], &roots, hierarchy.now());
        report.openssl == verification::Verdict::Accepts
    };
    assert!(accepted(artifact.as_bytes()));
    let der = artifact.as_bytes();
    for length in (0..der.len()).step_by(7) {
        assert!(!accepted(&der[..length]), "cut at {length}");
    }
    // The signed attributes and the signature stand at the end.
    for place in (der.len() - 250..der.len()).step_by(3) {
        let mut altered = der.to_vec();
        altered[place] ^= 0x01;
        assert!(!accepted(&altered), "octet {place}");
    }
    assert!(!accepted(&vec![0x30; (1 << 20) + 1]), "too long");
}
