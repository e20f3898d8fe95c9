//! What every backend must do, as one body run on each of them.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::time::Duration;

use super::block_on::wait;
use super::independent::{self, Verdict};
use super::*;
use crate::x509::{KeyAlgorithm, SignatureAlgorithm};

/// Makes each body below a test; `$run` is given its name and the body, sets a backend up, and runs the body on it.
macro_rules! conformance {
    ($run:expr) => {
        conformance!(
            $run;
            every_algorithm_signs, generating_twice_gives_one_key, names_are_not_shared, a_label_is_checked,
            the_state_table_is_asked, another_key_is_not_used, a_key_that_is_not_there, algorithms_fit_keys,
            digests_are_for_artifacts, more_callers_than_threads, secrets_are_wrapped, random_is_random,
            the_canary_signs, canaries_sign_nothing_else, destroyed_keys_are_gone, descriptions_agree
        );
    };
    ($run:expr; $($body:ident),+) => {
        $(#[test]
        fn $body() {
            $run(concat!(module_path!(), "::", stringify!($body)), $crate::hsm::conformance::$body);
        })+
    };
}
pub(crate) use conformance;

/// A key id that no other call gives.
pub(crate) fn fresh_id() -> KeyId {
    KeyId::new(uuid::Builder::from_random_bytes(entropy::array().unwrap()).into_uuid())
}

pub(crate) fn new_key(spec: KeySpec) -> NewKey {
    let id = fresh_id();
    let purposes = BTreeSet::from([SignPurpose::Certificate, SignPurpose::Crl, SignPurpose::Artifact]);
    NewKey { id, spec, label: format!("conformance/{id}"), purposes, state: KeyState::Active }
}

pub(crate) fn request(key: &KeyRef, message: &[u8]) -> SignRequest {
    request_for(key, SignPurpose::Certificate, KeyState::Active, Input::Message(message.to_vec()))
}

pub(crate) fn request_for(key: &KeyRef, purpose: SignPurpose, state: KeyState, input: Input) -> SignRequest {
    let algorithm = SignatureAlgorithm::for_key(key.public_key.algorithm());
    SignRequest::new(key.clone(), algorithm, purpose, state, Duration::from_secs(60), input)
}

pub(crate) fn p256(hsm: &dyn Hsm) -> KeyRef {
    wait(hsm.generate(new_key(KeySpec::EcdsaP256))).unwrap().key
}

/// Takes `key` to a state in which it can be destroyed, where states are kept.
fn retire(hsm: &dyn Hsm, key: &KeyRef) {
    if wait(hsm.capabilities()).unwrap().keeps_states {
        wait(hsm.set_state(key, KeyState::Deactivated)).unwrap();
    }
}

pub(crate) fn every_algorithm_signs(hsm: &dyn Hsm) {
    let capabilities = wait(hsm.capabilities()).unwrap();
    assert_eq!(capabilities.key_specs.len(), KeySpec::ALL.len(), "{:?}", capabilities.mechanisms);
    for spec in capabilities.key_specs {
        let made = wait(hsm.generate(new_key(spec))).unwrap();
        assert_eq!(made.spec, spec);
        assert_eq!(made.key.public_key.algorithm(), spec.algorithm());
        let message = b"the octets of a TBSCertificate".as_slice();
        let signature = wait(hsm.sign(request(&made.key, message))).unwrap();
        let algorithm = spec.signature_algorithm();
        algorithm.verify(&made.key.public_key, message, signature.as_bytes()).unwrap();
        let rsa = matches!(spec.algorithm(), KeyAlgorithm::Rsa { .. });
        let expected = if rsa { Verdict::NoOpinion } else { Verdict::Agrees };
        assert_eq!(independent::verify(algorithm, &made.key.public_key, message, signature.as_bytes()), expected);
        if rsa {
            every_hash_with_rsa(hsm, &made.key);
        }
    }
}

fn every_hash_with_rsa(hsm: &dyn Hsm, key: &KeyRef) {
    use SignatureAlgorithm as A;
    for algorithm in [A::RsaPkcs1Sha256, A::RsaPkcs1Sha384, A::RsaPkcs1Sha512] {
        let input = Input::Message(b"message".to_vec());
        let limit = Duration::from_secs(60);
        let request =
            SignRequest::new(key.clone(), algorithm, SignPurpose::Certificate, KeyState::Active, limit, input);
        let signature = wait(hsm.sign(request)).unwrap();
        algorithm.verify(&key.public_key, b"message", signature.as_bytes()).unwrap();
    }
}

pub(crate) fn generating_twice_gives_one_key(hsm: &dyn Hsm) {
    let key = new_key(KeySpec::EcdsaP256);
    let first = wait(hsm.generate(key.clone())).unwrap();
    assert_eq!(wait(hsm.generate(key)).unwrap(), first);
    assert_eq!(wait(hsm.list()).unwrap(), vec![first]);
}

pub(crate) fn names_are_not_shared(hsm: &dyn Hsm) {
    let key = new_key(KeySpec::EcdsaP256);
    wait(hsm.generate(key.clone())).unwrap();
    for other in [
        NewKey { spec: KeySpec::EcdsaP384, ..key.clone() },
        NewKey { label: "another label".to_owned(), ..key.clone() },
        NewKey { id: fresh_id(), ..key },
    ] {
        let refusal = wait(hsm.generate(other)).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::KeyExists { .. }), "{refusal}");
        assert_eq!(refusal.class(), ErrorClass::Never);
    }
    assert_eq!(wait(hsm.list()).unwrap().len(), 1);
}

pub(crate) fn a_label_is_checked(hsm: &dyn Hsm) {
    let good = new_key(KeySpec::EcdsaP256);
    for bad in [
        NewKey { label: String::new(), ..good.clone() },
        NewKey { label: "x".repeat(65), ..good.clone() },
        NewKey { label: "line\nbreak".to_owned(), ..good.clone() },
        NewKey { label: "signet-canary-1".to_owned(), ..good.clone() },
        NewKey { purposes: BTreeSet::new(), ..good.clone() },
        NewKey { purposes: BTreeSet::from([SignPurpose::Probe]), ..good.clone() },
        NewKey { state: KeyState::Deactivated, ..good },
    ] {
        let refusal = wait(hsm.generate(bad)).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::InvalidInput(_)), "{refusal}");
    }
}

pub(crate) fn the_state_table_is_asked(hsm: &dyn Hsm) {
    let key = p256(hsm);
    for state in KeyState::ALL {
        for purpose in [SignPurpose::Certificate, SignPurpose::Crl] {
            let answer = wait(hsm.sign(request_for(&key, purpose, state, Input::Message(b"m".to_vec()))));
            assert_eq!(answer.is_ok(), state.permits(purpose), "{state} {purpose}");
            if let Err(refusal) = answer {
                assert!(matches!(refusal.failure(), Failure::StateForbids { .. }), "{refusal}");
                assert!(refusal.to_string().contains(&key.id.to_string()), "{refusal}");
            }
        }
    }
}

pub(crate) fn another_key_is_not_used(hsm: &dyn Hsm) {
    let (mine, other) = (p256(hsm), p256(hsm));
    let confused = KeyRef { public_key: other.public_key, ..mine };
    let refusals = [
        wait(hsm.sign(request(&confused, b"m"))).unwrap_err(),
        wait(hsm.describe(&confused)).unwrap_err(),
        wait(hsm.destroy(&confused)).unwrap_err(),
    ];
    for refusal in refusals {
        assert!(matches!(refusal.failure(), Failure::KeyMismatch { .. }), "{refusal}");
    }
    assert_eq!(wait(hsm.list()).unwrap().len(), 2);
}

pub(crate) fn a_key_that_is_not_there(hsm: &dyn Hsm) {
    let key = p256(hsm);
    let id = fresh_id();
    let octets = |id: KeyId| id.as_bytes().iter().map(|octet| format!("%{octet:02X}")).collect::<String>();
    let locator = key.locator.replace(&key.id.to_string(), &id.to_string()).replace(&octets(key.id), &octets(id));
    let missing = KeyRef { id, locator, ..key };
    for refusal in [wait(hsm.sign(request(&missing, b"m"))).unwrap_err(), wait(hsm.describe(&missing)).unwrap_err()] {
        assert!(matches!(refusal.failure(), Failure::KeyNotFound { .. }), "{refusal}");
        assert_eq!(refusal.class(), ErrorClass::Never);
    }
    wait(hsm.destroy(&missing)).unwrap();
}

pub(crate) fn algorithms_fit_keys(hsm: &dyn Hsm) {
    use SignatureAlgorithm as A;
    let key = p256(hsm);
    for algorithm in [A::EcdsaSha384, A::RsaPkcs1Sha256, A::Ed25519] {
        let (purpose, limit) = (SignPurpose::Certificate, Duration::from_secs(10));
        let input = Input::Message(b"m".to_vec());
        let request = SignRequest::new(key.clone(), algorithm, purpose, KeyState::Active, limit, input);
        let refusal = wait(hsm.sign(request)).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::InvalidInput(_)), "{refusal}");
    }
}

pub(crate) fn digests_are_for_artifacts(hsm: &dyn Hsm) {
    let digest = |algorithm: DigestAlgorithm, message: &[u8]| Input::Digest {
        algorithm,
        value: aws_lc_rs::digest::digest(algorithm.engine(), message).as_ref().to_vec(),
    };
    let sha256 = digest(DigestAlgorithm::Sha256, b"artifact");
    for spec in [KeySpec::EcdsaP256, KeySpec::Rsa3072] {
        let key = wait(hsm.generate(new_key(spec))).unwrap().key;
        let artifact = |input| request_for(&key, SignPurpose::Artifact, KeyState::Active, input);
        let signature = wait(hsm.sign(artifact(sha256.clone()))).unwrap();
        spec.signature_algorithm().verify(&key.public_key, b"artifact", signature.as_bytes()).unwrap();
        for refused in [
            request_for(&key, SignPurpose::Certificate, KeyState::Active, sha256.clone()),
            artifact(digest(DigestAlgorithm::Sha384, b"artifact")),
            artifact(Input::Digest { algorithm: DigestAlgorithm::Sha256, value: vec![0; 31] }),
        ] {
            let refusal = wait(hsm.sign(refused)).unwrap_err();
            assert!(matches!(refusal.failure(), Failure::InvalidInput(_)), "{refusal}");
        }
    }
    let key = wait(hsm.generate(new_key(KeySpec::Ed25519))).unwrap().key;
    let refusal = wait(hsm.sign(request_for(&key, SignPurpose::Artifact, KeyState::Active, sha256))).unwrap_err();
    assert!(matches!(refusal.failure(), Failure::InvalidInput(_)), "{refusal}");
}

pub(crate) fn more_callers_than_threads(hsm: &dyn Hsm) {
    let keys = [p256(hsm), p256(hsm)];
    std::thread::scope(|scope| {
        for caller in 0_u8..32 {
            let key = &keys[usize::from(caller % 2)];
            scope.spawn(move || {
                for round in 0_u8..8 {
                    let message = [caller, round];
                    let signature = wait(hsm.sign(request(key, &message))).unwrap();
                    let algorithm = SignatureAlgorithm::EcdsaSha256;
                    algorithm.verify(&key.public_key, &message, signature.as_bytes()).unwrap();
                }
            });
        }
    });
}

pub(crate) fn secrets_are_wrapped(hsm: &dyn Hsm) {
    for secret in [b"".as_slice(), &[7; 32], &[9; SMALL]] {
        let wrapped = wait(hsm.wrap(secret, b"table/column/row")).unwrap();
        assert!(secret.is_empty() || !wrapped.windows(secret.len()).any(|window| window == secret));
        assert_eq!(**wait(hsm.unwrap(&wrapped, b"table/column/row")).unwrap(), *secret);
        assert_ne!(wait(hsm.wrap(secret, b"table/column/row")).unwrap(), wrapped);
    }
    let wrapped = wait(hsm.wrap(b"secret", b"here")).unwrap();
    let mut refused = vec![(wrapped.clone(), b"there".as_slice()), (Vec::new(), b"here")];
    for place in 0..wrapped.len() {
        let mut changed = wrapped.clone();
        changed[place] ^= 1;
        refused.push((changed, b"here"));
    }
    refused.push((wrapped[..wrapped.len() - 1].to_vec(), b"here"));
    for (wrapped, associated_data) in refused {
        let refusal = wait(hsm.unwrap(&wrapped, associated_data)).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::BadWrapping), "{refusal}");
    }
    let refusal = wait(hsm.wrap(&[0; SMALL + 1], b"")).unwrap_err();
    assert!(matches!(refusal.failure(), Failure::InvalidInput(_)), "{refusal}");
}

pub(crate) fn random_is_random(hsm: &dyn Hsm) {
    let (first, second) = (wait(hsm.random(32)).unwrap(), wait(hsm.random(32)).unwrap());
    assert_eq!((first.len(), second.len()), (32, 32));
    assert_ne!(first, second);
    assert!(matches!(wait(hsm.random(SMALL + 1)).unwrap_err().failure(), Failure::InvalidInput(_)));
}

pub(crate) fn the_canary_signs(hsm: &dyn Hsm) {
    let first = wait(hsm.health()).unwrap();
    assert!(first.independently_verified);
    let second = wait(hsm.health()).unwrap();
    assert_eq!(first.canary, second.canary);
    let keys = wait(hsm.list()).unwrap();
    assert_eq!(keys.len(), 1);
    // A canary that somebody removed is made anew at the second try.
    retire(hsm, &keys[0].key);
    wait(hsm.destroy(&keys[0].key)).unwrap();
    assert!(wait(hsm.health()).is_err());
    assert_ne!(wait(hsm.health()).unwrap().canary, first.canary);
}

pub(crate) fn canaries_sign_nothing_else(hsm: &dyn Hsm) {
    let canary = wait(probe::canary(hsm)).unwrap();
    let authority = p256(hsm);
    let message = || Input::Message(b"m".to_vec());
    for refused in [
        request_for(&canary, SignPurpose::Certificate, KeyState::Active, message()),
        request_for(&authority, SignPurpose::Probe, KeyState::Active, message()),
    ] {
        let refusal = wait(hsm.sign(refused)).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::PurposeForbids { .. }), "{refusal}");
    }
}

pub(crate) fn destroyed_keys_are_gone(hsm: &dyn Hsm) {
    let (key, kept) = (p256(hsm), p256(hsm));
    wait(hsm.sign(request(&key, b"m"))).unwrap();
    retire(hsm, &key);
    wait(hsm.destroy(&key)).unwrap();
    wait(hsm.destroy(&key)).unwrap();
    let refusal = wait(hsm.sign(request(&key, b"m"))).unwrap_err();
    assert!(matches!(refusal.failure(), Failure::KeyNotFound { .. }), "{refusal}");
    wait(hsm.sign(request(&kept, b"m"))).unwrap();
    assert_eq!(wait(hsm.list()).unwrap().len(), 1);
}

pub(crate) fn descriptions_agree(hsm: &dyn Hsm) {
    let made: BTreeSet<_> = [KeySpec::EcdsaP256, KeySpec::EcdsaP384]
        .map(|spec| wait(hsm.generate(new_key(spec))).unwrap())
        .map(|description| {
            assert_eq!(wait(hsm.describe(&description.key)).unwrap(), description);
            assert_eq!(description.born_inside, Some(true));
            description.key.id
        })
        .into();
    let listed: Vec<_> = wait(hsm.list()).unwrap().into_iter().map(|description| description.key.id).collect();
    assert_eq!(listed, made.into_iter().collect::<Vec<_>>());
    let info = wait(hsm.info()).unwrap();
    assert!(!info.place.is_empty() && !info.serial_number.is_empty());
}
