//! OpenSSL and GnuTLS as judges of signatures.

use super::*;

const VERIFY: &str =
    "cms -verify -binary -inform DER -in s.p7s -content content -CAfile root.pem -purpose any -out out";

/// Each kind of key with the hash that goes with it.
const KEYS: [(&str, &str, DigestAlgorithm); 5] = [
    ("p256", P256, DigestAlgorithm::Sha256),
    ("p384", P384, DigestAlgorithm::Sha384),
    ("p521", P521, DigestAlgorithm::Sha512),
    ("rsa", RSA, DigestAlgorithm::Sha256),
    ("rsa-512", RSA, DigestAlgorithm::Sha512),
];

#[test]
fn openssl_verifies_detached_signatures_of_every_key() {
    let (hierarchy, strangers) = (Hierarchy::new(), Hierarchy::new());
    hierarchy.ssl.write("content", CONTENT);
    hierarchy.ssl.write("other", b"something else");
    hierarchy.ssl.write("strangers.pem", strangers.root.to_pem().as_bytes());
    for (name, key, algorithm) in KEYS {
        let leaf = hierarchy.issue(name, key, CODE_SIGNING, 30);
        for format in [Format::CmsDetached, Format::JarSf] {
            let artifact = signed(&hierarchy, &leaf, format, &item(algorithm, CONTENT));
            assert_eq!(artifact.media_type(), "application/pkcs7-signature");
            hierarchy.ssl.write("s.p7s", artifact.as_bytes());
            let (good, text) = hierarchy.judges(VERIFY);
            assert!(good, "{name} {format}: {text}");
            assert!(!hierarchy.judges(&VERIFY.replace("content -CA", "other -CA")).0, "{name}: other content");
            assert!(!hierarchy.judges(&VERIFY.replace("root.pem", "strangers.pem")).0, "{name}: other root");
            let mut altered = artifact.as_bytes().to_vec();
            *altered.last_mut().unwrap() ^= 1;
            hierarchy.ssl.write("s.p7s", &altered);
            assert!(!hierarchy.judges(VERIFY).0, "{name}: altered");
        }
    }
}

#[test]
fn the_attributes_are_those_that_were_agreed() {
    let hierarchy = Hierarchy::new();
    let leaf = hierarchy.issue("p256", P256, CODE_SIGNING, 30);
    let artifact = signed(&hierarchy, &leaf, Format::CmsDetached, &item(DigestAlgorithm::Sha256, CONTENT));
    hierarchy.ssl.write("s.p7s", artifact.as_bytes());
    let (_, text) = hierarchy.judges("cms -cmsout -print -noout -inform DER -in s.p7s");
    for attribute in ["contentType", "messageDigest", "signingTime", "id-smime-aa-signingCertificateV2"] {
        assert!(text.contains(&format!("object: {attribute}")), "{attribute} is not in {text}");
    }
    assert!(text.contains("eContent: <ABSENT>") && text.contains("unsignedAttrs:\n          <ABSENT>"), "{text}");
    assert_eq!(text.matches("d.certificate:").count(), 2, "without the root: {text}");
}

#[test]
fn gnutls_verifies_and_refuses() {
    let hierarchy = Hierarchy::new();
    hierarchy.ssl.write("content", CONTENT);
    hierarchy.ssl.write("other", b"something else");
    let leaf = hierarchy.issue("p256", P256, CODE_SIGNING, 30);
    let artifact = signed(&hierarchy, &leaf, Format::CmsDetached, &item(DigestAlgorithm::Sha256, CONTENT));
    hierarchy.ssl.write("s.p7s", artifact.as_bytes());
    let verify = |content: &str| {
        let arguments = [
            "--p7-verify",
            "--inder",
            "--load-ca-certificate",
            "root.pem",
            "--infile",
            "s.p7s",
            "--load-data",
            content,
        ];
        let said = std::process::Command::new("certtool").args(arguments).current_dir(hierarchy.ssl.folder()).output();
        let said = said.expect("the tests need the certtool program");
        (
            said.status.success(),
            String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr),
        )
    };
    let (good, text) = verify("content");
    assert!(good && text.contains("Signature status: ok"), "{text}");
    assert!(!verify("other").0);
}

#[test]
fn openssl_verifies_raw_signatures() {
    let hierarchy = Hierarchy::new();
    hierarchy.ssl.write("content", CONTENT);
    hierarchy.ssl.write("other", b"something else");
    for (name, key, algorithm) in KEYS {
        let leaf = hierarchy.issue(name, key, CODE_SIGNING, 30);
        let artifact = signed(&hierarchy, &leaf, Format::Raw, &item(algorithm, CONTENT));
        assert_eq!(
            (artifact.media_type(), artifact.as_bytes()),
            ("application/octet-stream", artifact.signature_value())
        );
        hierarchy.ssl.write("raw.sig", artifact.as_bytes());
        hierarchy.ssl.run(&format!("x509 -in {name}.pem -noout -pubkey -out pub.pem"));
        let verify = format!("dgst -{algorithm} -verify pub.pem -signature raw.sig");
        let (good, text) = hierarchy.judges(&format!("{verify} content"));
        assert!(good, "{name}: {text}");
        assert!(!hierarchy.judges(&format!("{verify} other")).0);
    }
}

#[test]
fn openssl_verifies_the_timestamp_inside_a_signature() {
    let hierarchy = Hierarchy::new();
    hierarchy.ssl.write("content", CONTENT);
    let (leaf, tsa) = (hierarchy.issue("rsa", RSA, CODE_SIGNING, 30), hierarchy.issue("tsa", P256, TIME_STAMPING, 30));
    for format in [Format::CmsDetached, Format::JarSf, Format::AuthenticodePe] {
        let artifact = signed(&hierarchy, &leaf, format, &item(DigestAlgorithm::Sha256, CONTENT));
        let value = artifact.signature_value().to_vec();
        let token = stamp(&hierarchy, &tsa, &value, hierarchy.now());
        let stamped = artifact.with_timestamp(&token).unwrap();
        assert_eq!(stamped.signature_value(), value);
        hierarchy.ssl.write("s.p7s", stamped.as_bytes());
        hierarchy.ssl.write("value", &value);
        let message = crate::cms::reader::SignedDataReader::from_der(stamped.as_bytes()).unwrap();
        let id = match format {
            Format::AuthenticodePe => crate::cms::oid::SPC_TIME_STAMP_TOKEN,
            _ => crate::cms::oid::TIME_STAMP_TOKEN,
        };
        hierarchy.ssl.write("token", &message.unsigned(id).unwrap());
        let verify = "ts -verify -data value -in token -token_in -CAfile root.pem -untrusted sub.pem";
        let (good, text) = hierarchy.judges(verify);
        assert!(good, "{format}: {text}");
        assert!(!hierarchy.judges(&verify.replace("-data value", "-data content")).0);
        if format != Format::AuthenticodePe {
            assert!(hierarchy.judges(VERIFY).0, "{format}: the signature is still good");
        }
    }
}

#[test]
fn openssl_verifies_what_authenticode_signs() {
    let hierarchy = Hierarchy::new();
    for (name, key, algorithm) in KEYS {
        let leaf = hierarchy.issue(name, key, CODE_SIGNING, 30);
        let artifact = signed(&hierarchy, &leaf, Format::AuthenticodePe, &item(algorithm, CONTENT));
        let message = crate::cms::reader::SignedDataReader::from_der(artifact.as_bytes()).unwrap();
        // PKCS #7 hashes the contents octets of what stands in the message.
        hierarchy.ssl.write("spc", message.content.unwrap().value());
        hierarchy.ssl.write("s.p7s", artifact.as_bytes());
        let verify = "smime -verify -binary -inform DER -in s.p7s -content spc -CAfile root.pem -purpose any -out out";
        let (good, text) = hierarchy.judges(verify);
        assert!(good, "{name}: {text}");
        hierarchy.ssl.write("spc", b"something else");
        assert!(!hierarchy.judges(verify).0);
    }
}

#[test]
fn the_content_of_authenticode_is_as_every_program_writes_it() {
    let indirect = super::super::authenticode::spc::indirect_data(DigestAlgorithm::Sha256, &[0xaa; 32]).der();
    let text: String = indirect.iter().map(|octet| format!("{octet:02x}")).collect();
    insta::assert_snapshot!(text, @"304c3017060a2b06010401823702010f3009030100a004a20280003031300d060960864801650304020105000420aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
}
