#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

const SHA256: DigestAlgorithm = DigestAlgorithm::Sha256;

fn digests(names: &[&str]) -> Vec<(String, Vec<u8>)> {
    names.iter().map(|name| ((*name).to_owned(), vec![7; 32])).collect()
}

fn text(manifest: Manifest, names: &[&str]) -> String {
    String::from_utf8(manifest.with_digests(SHA256, &digests(names)).unwrap().as_bytes().to_vec()).unwrap()
}

#[test]
fn what_a_manifest_says_stays_and_its_digests_are_replaced() {
    let old = b"Main-Class: a.B\nManifest-Version: 1.0\nClass-Path: one.jar tw\n o.jar\n\nName: a/\nSealed: true\n\n\
                Name: a/B.class\nSHA1-Digest: AAAA\nSHA-256-Digest: AAAA\nJava-Bean: True\n\nName: gone\nSHA-256-Digest: AAAA\n";
    let new = text(Manifest::parse(old).unwrap(), &["a/B.class", "c"]);
    insta::assert_snapshot!(new.replace("\r\n", "$\n"), @r"
    Manifest-Version: 1.0$
    Main-Class: a.B$
    Class-Path: one.jar two.jar$
    $
    Name: a/$
    Sealed: true$
    $
    Name: a/B.class$
    Java-Bean: True$
    SHA-256-Digest: BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=$
    $
    Name: c$
    SHA-256-Digest: BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=$
    $
    ");
}

#[test]
fn lines_are_folded_between_characters_and_read_back() {
    let name = "ä/".repeat(60);
    let written = text(Manifest::empty(), &[&name]);
    assert!(written.split("\r\n").all(|line| line.len() <= 72), "{written}");
    let again = Manifest::parse(written.as_bytes()).unwrap();
    assert_eq!(again.digest(&name, SHA256), Some(vec![7; 32]));
    assert_eq!(text(again, &[&name]), written);
}

#[test]
fn sections_of_the_same_name_are_one() {
    let old = b"Manifest-Version: 1.0\r\n\r\nName: a\r\nX: 1\r\nY: 1\r\n\r\n\r\nName: a\r\nx: 2\r\n\r\n";
    let new = text(Manifest::parse(old).unwrap(), &[]);
    assert_eq!(new, "Manifest-Version: 1.0\r\n\r\nName: a\r\nY: 1\r\nx: 2\r\n\r\n");
}

/// Quadratic work on any of these would take minutes.
#[test]
fn large_manifests_are_read_in_a_moment() {
    let version = "Manifest-Version: 1.0\r\n";
    let attributes: String = (0..100_000).map(|n| format!("A{n}: x\r\n")).collect();
    let one = format!("{version}{attributes}\r\nName: a\r\n{attributes}\r\n");
    let sections: String = (0..100_000).map(|n| format!("Name: a\r\nA{n}: x\r\n\r\n")).collect();
    let many = format!("{version}\r\n{sections}");
    let names: String = (0..100_000).map(|n| format!("Name: {n}\r\nSHA-256-Digest: AAAA\r\n\r\n")).collect();
    for text in [one, many, format!("{version}\r\n{names}")] {
        let manifest = Manifest::parse(text.as_bytes()).unwrap();
        assert!(manifest.digests(SHA256).len() <= 100_000);
        assert!(manifest.with_digests(SHA256, &digests(&["a"])).unwrap().as_bytes().len() > version.len());
    }
}

#[test]
fn what_is_no_manifest_is_refused_with_the_line() {
    let refusal = |text: &[u8]| Manifest::parse(text).unwrap_err().to_string();
    assert_eq!(refusal(b""), "the manifest does not begin with Manifest-Version");
    assert_eq!(refusal(b"Main-Class: a\n"), "the manifest does not begin with Manifest-Version");
    assert!(refusal(b"Manifest-Version: 1.0\nnonsense\n").starts_with("line 2 of the manifest is no attribute"));
    assert!(refusal(b" Manifest-Version: 1.0\n").starts_with("line 1"));
    assert_eq!(
        refusal(b"Manifest-Version: 1.0\n\nSealed: true\n"),
        "a section of the manifest does not begin with \"Name:\""
    );
    assert_eq!(refusal(b"Manifest-Version: \xff\n"), "the manifest is not UTF-8");
}

#[test]
fn a_name_that_would_be_read_as_attributes_is_refused() {
    let refusal = Manifest::empty().with_digests(SHA256, &digests(&["a\r\nSHA-256-Digest: x"])).unwrap_err();
    assert!(refusal.to_string().ends_with("cannot be named in a manifest: control characters are not allowed"));
}

#[test]
fn a_signature_file_vouches_for_its_manifest_only() {
    let manifest = Manifest::empty().with_digests(SHA256, &digests(&["a"])).unwrap();
    let other = Manifest::empty().with_digests(SHA256, &digests(&["b"])).unwrap();
    for algorithm in DigestAlgorithm::ALL {
        let file = SignatureFile::of(&manifest, algorithm);
        assert_eq!(file.digest(algorithm).len(), algorithm.output_len());
        assert_eq!(file.check(manifest.as_bytes()), Ok(()));
        assert_eq!(file.check(other.as_bytes()), Err(SignatureFileMismatch::OtherManifest));
    }
    let none = SignatureFile::from_bytes(b"Signature-Version: 1.0\r\nSHA1-Digest-Manifest: AAAA\r\n\r\n".to_vec());
    assert_eq!(none.check(manifest.as_bytes()), Err(SignatureFileMismatch::NoDigest));
    let damaged = SignatureFile::from_bytes(b"\xff".to_vec());
    assert!(damaged.check(manifest.as_bytes()).unwrap_err().to_string().starts_with("the signature file is damaged"));
}

#[test]
fn files_of_signatures_are_told_from_content() {
    for name in ["META-INF/A.SF", "meta-inf/a.rsa", "META-INF/X.EC", "META-INF/X.DSA", "META-INF/SIG-FOO"] {
        assert!(is_signature_file(name) && !is_covered(name), "{name}");
    }
    for name in ["a.SF", "META-INF/a/B.SF", "META-INF/services/x", "META-INFO/A.SF", "META-INF/A.SFX"] {
        assert!(!is_signature_file(name) && is_covered(name), "{name}");
    }
    assert!(!is_covered("META-INF/MANIFEST.MF") && !is_covered("META-INF/") && !is_covered("a/"));
}

#[test]
fn signer_names_are_those_of_the_specification() {
    let name: SignerName = "my_key-1".parse().unwrap();
    assert_eq!(name.signature_file(), "META-INF/MY_KEY-1.SF");
    assert_eq!(name.block(block_extension(KeyAlgorithm::EcdsaP256)), "META-INF/MY_KEY-1.EC");
    assert_eq!(block_extension(KeyAlgorithm::Rsa { modulus_bits: 3072 }), "RSA");
    for text in ["", "ninechars", "a b", "ä", "../x", "SIG-A"] {
        assert!(text.parse::<SignerName>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn garbage_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(manifest) = Manifest::parse(&bytes) {
            manifest.with_digests(SHA256, &digests(&["a"])).unwrap();
        }
        let _ = SignatureFile::from_bytes(bytes).check(b"");
    }

    #[test]
    fn what_is_written_reads_back(names in proptest::collection::btree_set("[^\\p{C}]{1,100}", 0..10)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let written = Manifest::empty().with_digests(SHA256, &digests(&names)).unwrap();
        let read = Manifest::parse(written.as_bytes()).unwrap();
        for name in &names {
            prop_assert_eq!(read.digest(name, SHA256), Some(vec![7; 32]));
        }
        prop_assert_eq!(read.with_digests(SHA256, &digests(&names)).unwrap(), written);
    }
}
