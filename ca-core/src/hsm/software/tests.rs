#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::super::block_on::wait;
use super::super::conformance::{conformance, new_key, p256, request, request_for};
use super::super::{ErrorClass, Input, SignPurpose};
use super::*;

/// A keystore in a directory that goes with it.
struct Fixture {
    directory: TempDir,
    keystore: SoftwareKeystore,
}

impl Deref for Fixture {
    type Target = SoftwareKeystore;

    fn deref(&self) -> &SoftwareKeystore {
        &self.keystore
    }
}

fn passphrase(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn keystore() -> Fixture {
    let directory = TempDir::new().unwrap();
    let keystore = SoftwareKeystore::new("local", &directory.path().join("keys"));
    wait(keystore.create(passphrase("correct horse"))).unwrap();
    Fixture { directory, keystore }
}

impl Fixture {
    fn path(&self) -> PathBuf {
        self.directory.path().join("keys")
    }

    /// Another process's view of the same directory.
    fn reopened(&self) -> SoftwareKeystore {
        let other = SoftwareKeystore::new("local", &self.path());
        wait(other.unseal(passphrase("correct horse"))).unwrap();
        other
    }
}

fn on_a_keystore(_: &str, body: fn(&dyn Hsm)) {
    body(&*keystore());
}

conformance!(on_a_keystore);

#[test]
fn it_starts_sealed() {
    let fixture = keystore();
    let key = p256(&*fixture);
    let sealed = SoftwareKeystore::new("local", &fixture.path());
    let refusals = [
        wait(sealed.sign(request(&key, b"m"))).unwrap_err(),
        wait(sealed.generate(new_key(KeySpec::EcdsaP256))).unwrap_err(),
        wait(sealed.list()).unwrap_err(),
        wait(sealed.wrap(b"secret", b"")).unwrap_err(),
        wait(sealed.health()).unwrap_err(),
    ];
    for refusal in refusals {
        assert!(matches!(refusal.failure(), Failure::Sealed { .. }), "{refusal}");
        assert_eq!(refusal.class(), ErrorClass::RetryElsewhere);
        assert!(refusal.to_string().contains("\"local\""), "{refusal}");
    }
    wait(sealed.unseal(passphrase("correct horse"))).unwrap();
    wait(sealed.sign(request(&key, b"m"))).unwrap();
    sealed.seal();
    assert!(wait(sealed.sign(request(&key, b"m"))).is_err());
}

#[test]
fn a_wrong_passphrase_is_not_a_tampered_file() {
    let fixture = keystore();
    let sealed = SoftwareKeystore::new("local", &fixture.path());
    let refusal = wait(sealed.unseal(passphrase("wrong"))).unwrap_err();
    assert!(matches!(refusal.failure(), Failure::WrongPassphrase { .. }), "{refusal}");
    assert!(wait(sealed.list()).is_err());
    // An open keystore stays open when somebody tries a wrong passphrase on it.
    assert!(wait(fixture.unseal(passphrase("wrong"))).is_err());
    wait(fixture.list()).unwrap();
}

#[test]
fn a_changed_manifest_is_reported_as_such() {
    let fixture = keystore();
    let path = fixture.path().join("manifest.json");
    let original = fs::read_to_string(&path).unwrap();
    let cut = original.get(..original.len() / 2).unwrap().to_owned();
    for changed in [
        cut,
        original.replace("65536", "65537"),
        original.replace("\"passes\": 3", "\"passes\": 1"),
        original.replace("\"version\": 1", "\"version\": 2"),
        original.replace("\"header\"", "\"unknown\": 1, \"header\""),
    ] {
        assert_ne!(changed, original);
        fs::write(&path, changed).unwrap();
        let sealed = SoftwareKeystore::new("local", &fixture.path());
        let refusal = wait(sealed.unseal(passphrase("correct horse"))).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::Tampered { .. }), "{refusal}");
        assert!(refusal.to_string().contains("manifest.json"), "{refusal}");
    }
}

#[test]
fn weak_parameters_are_refused_even_with_a_fitting_checksum() {
    let fixture = keystore();
    let mut manifest = Manifest::load(&fixture.path()).unwrap();
    manifest.weaken();
    fs::write(fixture.path().join("manifest.json"), manifest.to_json().unwrap()).unwrap();
    let sealed = SoftwareKeystore::new("local", &fixture.path());
    let refusal = wait(sealed.unseal(passphrase("correct horse"))).unwrap_err();
    assert!(refusal.to_string().contains("Argon2 parameters are out of bounds"), "{refusal}");
}

#[test]
fn no_part_of_a_key_file_can_be_changed() {
    let fixture = keystore();
    let key = p256(&*fixture);
    let path = fixture.path().join(format!("{}.key", key.id));
    let original: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let text = |pointer: &str| original.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let flipped = |pointer: &str| {
        let text = text(pointer);
        let (head, tail) = text.split_at(20);
        let other = if tail.starts_with('A') { 'B' } else { 'A' };
        format!("{head}{other}{}", &tail[1..])
    };
    let changes: [(&str, serde_json::Value); 8] = [
        ("/header/state", "pre-active".into()),
        ("/header/label", "another".into()),
        ("/header/purposes", serde_json::json!(["certificate", "crl", "ocsp"])),
        ("/header/revision", 2.into()),
        ("/header/version", 2.into()),
        ("/header/spki_sha256", flipped("/header/spki_sha256").into()),
        ("/data_key", flipped("/data_key").into()),
        ("/private_key", flipped("/private_key").into()),
    ];
    for (pointer, value) in changes {
        let mut changed = original.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert_ne!(changed, original, "{pointer}");
        fs::write(&path, serde_json::to_vec(&changed).unwrap()).unwrap();
        let other = fixture.reopened();
        for refusal in [wait(other.sign(request(&key, b"m"))).unwrap_err(), wait(other.list()).unwrap_err()] {
            assert!(matches!(refusal.failure(), Failure::Tampered { .. }), "{pointer}: {refusal}");
            assert!(refusal.to_string().contains(&key.id.to_string()), "{refusal}");
        }
    }
}

#[test]
fn a_key_file_cannot_take_the_place_of_another() {
    let fixture = keystore();
    let (mine, other) = (p256(&*fixture), p256(&*fixture));
    let file = |id| fixture.path().join(format!("{id}.key"));
    fs::copy(file(other.id), file(mine.id)).unwrap();
    let refusal = wait(fixture.reopened().sign(request(&mine, b"m"))).unwrap_err();
    assert!(matches!(refusal.failure(), Failure::Tampered { .. }), "{refusal}");
    // Nor a file of another keystore.
    let foreign = keystore();
    fs::copy(file(other.id), foreign.path().join(format!("{}.key", other.id))).unwrap();
    let refusal = wait(foreign.describe(&other)).unwrap_err();
    assert!(refusal.to_string().contains("another keystore"), "{refusal}");
}

#[test]
fn what_is_not_a_keystore_is_said_to_be_none() {
    let directory = TempDir::new().unwrap();
    let nothing = SoftwareKeystore::new("local", &directory.path().join("keys"));
    for refusal in [wait(nothing.unseal(passphrase("any"))).unwrap_err(), wait(nothing.info()).unwrap_err()] {
        assert!(matches!(refusal.failure(), Failure::NoKeystore { .. }), "{refusal}");
    }
}

#[test]
fn a_keystore_is_never_overwritten() {
    let fixture = keystore();
    let key = p256(&*fixture);
    let second = SoftwareKeystore::new("local", &fixture.path());
    let refusal = wait(second.create(passphrase("another"))).unwrap_err();
    assert!(matches!(refusal.failure(), Failure::KeystoreExists { .. }), "{refusal}");
    assert!(wait(second.list()).is_err());
    wait(fixture.reopened().sign(request(&key, b"m"))).unwrap();
}

#[test]
fn a_keystore_needs_a_passphrase() {
    let directory = TempDir::new().unwrap();
    let keystore = SoftwareKeystore::new("local", directory.path());
    assert!(matches!(wait(keystore.create(passphrase(""))).unwrap_err().failure(), Failure::InvalidInput(_)));
}

#[test]
fn only_the_owner_can_read_and_nothing_is_left_over() {
    let fixture = keystore();
    p256(&*fixture);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&fixture.path()), 0o700);
    for entry in fs::read_dir(fixture.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        assert!(!path.to_string_lossy().ends_with(".tmp"), "{}", path.display());
    }
}

#[test]
fn what_a_crash_left_is_removed() {
    let fixture = keystore();
    let leftover = fixture.path().join(".0190a5b0-7c00-7000-8000-00000000abcd.tmp");
    fs::write(&leftover, b"half a key").unwrap();
    p256(&*fixture);
    assert!(!leftover.exists());
}

#[test]
fn no_private_key_stands_in_the_clear() {
    let fixture = keystore();
    let key = p256(&*fixture);
    let file = fs::read(fixture.path().join(format!("{}.key", key.id))).unwrap();
    // id-ecPublicKey with prime256v1 as it begins every such PKCS#8; in base64 and as it is.
    let algorithm = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let count = file.windows(algorithm.len()).filter(|window| **window == algorithm).count();
    assert_eq!(count, 0);
    let json: serde_json::Value = serde_json::from_slice(&file).unwrap();
    assert!(json["private_key"].as_str().unwrap().len() > 100);
}

#[test]
fn states_are_kept_and_other_processes_notice() {
    let fixture = keystore();
    let key = p256(&*fixture);
    let other = fixture.reopened();
    wait(other.sign(request(&key, b"m"))).unwrap();
    wait(fixture.set_state(&key, KeyState::Suspended)).unwrap();
    assert_eq!(wait(fixture.reopened().describe(&key)).unwrap().state, Some(KeyState::Suspended));
    // The caller's record still says active: the keystore's own state decides too.
    assert!(matches!(wait(fixture.sign(request(&key, b"m"))).unwrap_err().failure(), Failure::StateForbids { .. }));
    std::thread::park_timeout(Duration::from_millis(700));
    assert!(matches!(wait(other.sign(request(&key, b"m"))).unwrap_err().failure(), Failure::StateForbids { .. }));
    let crl = request_for(&key, SignPurpose::Crl, KeyState::Active, Input::Message(b"m".to_vec()));
    wait(other.sign(crl)).unwrap();
    wait(fixture.set_state(&key, KeyState::Active)).unwrap();
    wait(fixture.sign(request(&key, b"m"))).unwrap();
}

#[test]
fn a_life_runs_only_forwards() {
    let fixture = keystore();
    let key = p256(&*fixture);
    let refused = |answer: Result<(), HsmError>| {
        let refusal = answer.unwrap_err();
        assert!(matches!(refusal.failure(), Failure::NoSuchTransition { .. }), "{refusal}");
    };
    refused(wait(fixture.destroy(&key)));
    refused(wait(fixture.set_state(&key, KeyState::PreActive)));
    refused(wait(fixture.set_state(&key, KeyState::Destroyed)));
    wait(fixture.set_state(&key, KeyState::Compromised)).unwrap();
    refused(wait(fixture.set_state(&key, KeyState::Active)));
    wait(fixture.destroy(&key)).unwrap();
    assert!(!fixture.path().join(format!("{}.key", key.id)).exists());
}

#[test]
fn a_key_serves_the_purposes_it_was_made_for() {
    let fixture = keystore();
    let key = p256(&*fixture);
    let ocsp = request_for(&key, SignPurpose::Ocsp, KeyState::Active, Input::Message(b"m".to_vec()));
    let refusal = wait(fixture.sign(ocsp)).unwrap_err();
    assert!(matches!(refusal.failure(), Failure::PurposeForbids { .. }), "{refusal}");
}

#[test]
fn two_processes_that_generate_one_id_get_one_key() {
    let fixture = keystore();
    let other = fixture.reopened();
    let key = new_key(KeySpec::EcdsaP256);
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| wait(fixture.keystore.generate(key.clone())));
        let second = scope.spawn(|| wait(other.generate(key.clone())));
        (first.join().unwrap().unwrap(), second.join().unwrap().unwrap())
    });
    assert_eq!(first, second);
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"").unwrap();
    let keystore = SoftwareKeystore::new("local", &file.join("keys"));
    let refusal = wait(keystore.create(passphrase("any"))).unwrap_err();
    assert!(matches!(refusal.failure(), Failure::Storage { .. }), "{refusal}");
    assert_eq!(refusal.class(), ErrorClass::RetryHere);
    assert!(refusal.to_string().contains("file/keys"), "{refusal}");
}
