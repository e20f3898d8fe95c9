#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};

use super::super::block_on::wait;
use super::super::conformance::{conformance, fresh_id, new_key, p256, request, request_for};
use super::super::{ErrorClass, Input, KeySpec, SignPurpose, clock};
use super::fixture::{PIN, in_own_process, p11_kit_client, soft_hsm, spy};
use super::generating::Pair;
use super::module::Module;
use super::objects::{by_id, find};
use super::wrapping::Method;
use super::*;
use crate::x509::SignatureAlgorithm;

fn on_soft_hsm(name: &str, body: fn(&dyn Hsm)) {
    in_own_process(name, |tokens| body(&tokens.hsm(&soft_hsm(), "conformance")));
}

conformance!(on_soft_hsm);

macro_rules! name {
    ($test:ident) => {
        concat!(module_path!(), "::", stringify!($test))
    };
}

/// Does `work` on the token itself, beside the interface under test.
fn beside<T>(hsm: &Pkcs11Hsm, work: impl Fn(&Use<'_>) -> Result<T, Trouble>) -> Result<T, Failure> {
    hsm.token.call(Deadline::after(Duration::from_secs(30)), work)
}

fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = clock::now() + Duration::from_secs(60);
    while clock::now() < end {
        if let Some(found) = attempt() {
            return found;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    panic!("{what} did not happen");
}

#[test]
fn a_wrong_pin_is_tried_exactly_once() {
    in_own_process(name!(a_wrong_pin_is_tried_exactly_once), |tokens| {
        let hsm = tokens.hsm(&spy(), "token");
        tokens.write_pin("wrong-pin");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let refusal = wait(hsm.list()).unwrap_err();
                    assert!(matches!(refusal.failure(), Failure::PinRefused { .. }), "{refusal}");
                    assert_eq!(refusal.class(), ErrorClass::Never);
                    let text = refusal.to_string();
                    assert!(text.contains("C_Login answered CKR_PIN_INCORRECT"), "{text}");
                    assert!(text.contains(&tokens.path("pin").display().to_string()), "{text}");
                    assert!(!text.contains("wrong-pin"), "{text}");
                });
            }
        });
        assert_eq!(tokens.calls("C_Login"), 1);
        // Another PIN in the file is tried, once.
        tokens.write_pin("wrong-too");
        assert!(wait(hsm.list()).is_err());
        assert!(wait(hsm.list()).is_err());
        assert_eq!(tokens.calls("C_Login"), 2);
        // An operator may ask for the same one again.
        hsm.reset();
        assert!(wait(hsm.list()).is_err());
        assert_eq!(tokens.calls("C_Login"), 3);
        // The right one serves, without a restart, and nobody logs in or out any more.
        tokens.write_pin(PIN);
        wait(hsm.sign(request(&p256(&hsm), b"m"))).unwrap();
        wait(hsm.list()).unwrap();
        assert_eq!((tokens.calls("C_Login"), tokens.calls("C_Logout")), (4, 0));
    });
}

#[test]
fn signing_searches_once_and_reuses_its_session() {
    in_own_process(name!(signing_searches_once_and_reuses_its_session), |tokens| {
        let hsm = tokens.hsm(&spy(), "token");
        let key = p256(&hsm);
        wait(hsm.sign(request(&key, b"first"))).unwrap();
        let before = ["C_FindObjects", "C_OpenSession", "C_GetAttributeValue", "C_SignInit"].map(|f| tokens.calls(f));
        for round in 0_u8..10 {
            wait(hsm.sign(request(&key, &[round]))).unwrap();
        }
        let after = ["C_FindObjects", "C_OpenSession", "C_GetAttributeValue", "C_SignInit"].map(|f| tokens.calls(f));
        assert_eq!(after, [before[0], before[1], before[2], before[3] + 10]);
    });
}

#[test]
fn sessions_are_bounded() {
    in_own_process(name!(sessions_are_bounded), |tokens| {
        tokens.initialise("token");
        let hsm = Pkcs11Hsm::new("token", &Config { sessions: 2, ..tokens.config(&spy(), "token") });
        let key = p256(&hsm);
        std::thread::scope(|scope| {
            for _ in 0..32 {
                scope.spawn(|| wait(hsm.sign(request(&key, b"m"))).unwrap());
            }
        });
        // Two that sign and the one that holds the login.
        assert!(tokens.calls("C_OpenSession") <= 3);
    });
}

#[test]
fn more_calls_than_may_wait_are_told_so() {
    in_own_process(name!(more_calls_than_may_wait_are_told_so), |tokens| {
        tokens.initialise("token");
        let hsm = Pkcs11Hsm::new("token", &Config { sessions: 1, waiting: 2, ..tokens.config(&soft_hsm(), "token") });
        let key = wait(hsm.generate(new_key(KeySpec::Rsa4096))).unwrap().key;
        let answers: Vec<_> = (0..16).map(|_| hsm.sign(request(&key, b"m"))).collect();
        let refusals: Vec<_> = answers.into_iter().filter_map(|answer| wait(answer).err()).collect();
        assert!(!refusals.is_empty());
        for refusal in refusals {
            assert!(matches!(refusal.failure(), Failure::Busy { .. }), "{refusal}");
            assert_eq!(refusal.class(), ErrorClass::RetryHere);
        }
    });
}

#[test]
fn nobody_waits_longer_than_the_time_limit() {
    in_own_process(name!(nobody_waits_longer_than_the_time_limit), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        let key = p256(&hsm);
        let (purpose, state) = (SignPurpose::Certificate, KeyState::Active);
        let input = Input::Message(b"m".to_vec());
        let hurried = SignRequest::new(key, SignatureAlgorithm::EcdsaSha256, purpose, state, Duration::ZERO, input);
        let refusal = wait(hsm.sign(hurried)).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::TimeLimit { .. }), "{refusal}");
        assert_eq!(refusal.class(), ErrorClass::RetryElsewhere);
    });
}

#[test]
fn keys_cannot_leave_the_token() {
    in_own_process(name!(keys_cannot_leave_the_token), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        let made = wait(hsm.generate(new_key(KeySpec::EcdsaP256))).unwrap();
        assert_eq!((made.protection, made.born_inside), (KeyProtection::Token, Some(true)));
        let id = made.key.id;
        let leaked = beside(&hsm, |token| {
            let private = find(token, &by_id(ObjectClass::PRIVATE_KEY, id.as_bytes()))?[0];
            // Read through cryptoki a sensitive value is left out, without an error.
            let value = token.session.get_attributes(private, &[AttributeType::Value]).unwrap();
            let loosened = token.session.update_attributes(private, &[Attribute::Extractable(true)]);
            Ok(!value.is_empty() || loosened.is_ok())
        });
        assert!(!leaked.unwrap());
    });
}

#[test]
fn a_key_that_could_leave_is_refused_and_destroyed() {
    in_own_process(name!(a_key_that_could_leave_is_refused_and_destroyed), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        for loose in [Attribute::Extractable(true), Attribute::Sensitive(false)] {
            let refusal = beside(&hsm, |token| {
                let curve = Attribute::EcParams(ec_parameters::spellings(KeySpec::EcdsaP256.algorithm())[0].to_vec());
                let public = [Attribute::Token(true), curve];
                let private = [Attribute::Token(true), Attribute::Private(true), loose.clone()];
                let made = token.session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private);
                let (public, private) = made.unwrap();
                generating::protected_or_destroyed(token, &Pair { public, private })
            });
            assert!(matches!(refusal, Err(Failure::KeyUnprotected { .. })), "{refusal:?}");
        }
        let left = beside(&hsm, |token| find(token, &[Attribute::Token(true)]).map(|left| left.len()));
        assert_eq!(left.unwrap(), 0);
    });
}

/// Makes a pair with these names, whether or not they are taken: the token does not mind.
fn make_double(hsm: &Pkcs11Hsm, key: &NewKey) {
    let names = (*key.id.as_bytes(), key.label.clone());
    beside(hsm, move |token| {
        generating::generate_pair(token, KeySpec::EcdsaP256, generating::Role::Sign, &names.0, &names.1).map(|_| ())
    })
    .unwrap();
}

#[test]
fn doubled_names_are_an_error_for_that_key_only() {
    in_own_process(name!(doubled_names_are_an_error_for_that_key_only), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        let (double, other) = (new_key(KeySpec::EcdsaP256), p256(&hsm));
        let key = wait(hsm.generate(double.clone())).unwrap().key;
        make_double(&hsm, &double);
        for refusal in [
            wait(hsm.sign(request(&key, b"m"))).unwrap_err(),
            wait(hsm.describe(&key)).unwrap_err(),
            wait(hsm.destroy(&key)).unwrap_err(),
            wait(hsm.generate(double)).unwrap_err(),
        ] {
            assert!(matches!(refusal.failure(), Failure::KeyAmbiguous { count: 2, .. }), "{refusal}");
            assert_eq!(refusal.class(), ErrorClass::Never);
        }
        wait(hsm.sign(request(&other, b"m"))).unwrap();
        assert_eq!(wait(hsm.list()).unwrap().len(), 1);
        assert!(wait(hsm.health()).is_ok());
    });
}

#[test]
fn a_key_exchanged_behind_our_back_is_not_used() {
    in_own_process(name!(a_key_exchanged_behind_our_back_is_not_used), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        let names = new_key(KeySpec::EcdsaP256);
        let key = wait(hsm.generate(names.clone())).unwrap().key;
        wait(hsm.sign(request(&key, b"m"))).unwrap();
        let id = key.id;
        beside(&hsm, |token| {
            for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
                find(token, &by_id(class, id.as_bytes()))?.into_iter().try_for_each(|o| objects::destroy(token, o))?;
            }
            Ok(())
        })
        .unwrap();
        make_double(&hsm, &names);
        // The handle in the cache is dead; what is found anew has another public key.
        let refusal = wait(hsm.sign(request(&key, b"m"))).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::KeyMismatch { .. }), "{refusal}");
    });
}

#[test]
fn a_logout_by_somebody_else_is_mended() {
    in_own_process(name!(a_logout_by_somebody_else_is_mended), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        let key = p256(&hsm);
        wait(hsm.sign(request(&key, b"m"))).unwrap();
        beside(&hsm, |token| {
            token.session.logout().unwrap();
            Ok(())
        })
        .unwrap();
        wait(hsm.sign(request(&key, b"m"))).unwrap();
        wait(hsm.list()).unwrap();
    });
}

#[test]
fn a_missing_module_is_named_and_looked_for_again() {
    in_own_process(name!(a_missing_module_is_named_and_looked_for_again), |tokens| {
        tokens.initialise("token");
        let module = tokens.path("module.so");
        let hsm = Pkcs11Hsm::new("token", &tokens.config(&module, "token"));
        let refusal = wait(hsm.list()).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::Away { .. }), "{refusal}");
        assert_eq!(refusal.class(), ErrorClass::RetryElsewhere);
        assert!(refusal.to_string().contains(&module.display().to_string()), "{refusal}");
        // Installed later, it is used without a restart.
        std::os::unix::fs::symlink(soft_hsm(), &module).unwrap();
        let keys = eventually("the module is found", || wait(hsm.list()).ok());
        assert!(keys.is_empty());
    });
}

#[test]
fn a_library_that_is_no_module_is_refused() {
    in_own_process(name!(a_library_that_is_no_module_is_refused), |tokens| {
        let text = tokens.path("text.so");
        fs::write(&text, b"not a library").unwrap();
        for (module, reason) in [(text.as_path(), "text.so"), (Path::new("libm.so.6"), "C_GetFunctionList")] {
            let hsm = Pkcs11Hsm::new("token", &tokens.config(module, "token"));
            let refusal = wait(hsm.list()).unwrap_err().to_string();
            assert!(refusal.contains(reason) && refusal.contains("cannot be loaded"), "{refusal}");
        }
    });
}

#[test]
fn a_token_that_comes_later_is_found() {
    in_own_process(name!(a_token_that_comes_later_is_found), |tokens| {
        let hsm = Pkcs11Hsm::new("local", &tokens.config(&soft_hsm(), "later"));
        let refusal = wait(hsm.list()).unwrap_err();
        assert_eq!(refusal.class(), ErrorClass::RetryElsewhere);
        assert!(refusal.to_string().contains("HSM \"local\": away: there is no token \"later\""), "{refusal}");
        tokens.initialise("later");
        eventually("the token is found", || wait(hsm.list()).ok());
        // Its name must be its own.
        tokens.initialise("later");
        let second = Pkcs11Hsm::new("local", &tokens.config(&soft_hsm(), "later"));
        Module::at(&soft_hsm()).reinitialise_for_test();
        let refusal = wait(second.list()).unwrap_err().to_string();
        assert!(refusal.contains("more than one token \"later\"") && refusal.contains("serial number"), "{refusal}");
    });
}

#[test]
fn tokens_are_found_by_serial_number_and_slot() {
    in_own_process(name!(tokens_are_found_by_serial_number_and_slot), |tokens| {
        let by_label = tokens.hsm(&soft_hsm(), "token");
        let key = p256(&by_label);
        let serial = wait(by_label.info()).unwrap().serial_number;
        let slot = beside(&by_label, |token| Ok(token.connection.slot.id())).unwrap();
        for token in [TokenSelector::Serial(serial), TokenSelector::Slot(slot)] {
            let hsm = Pkcs11Hsm::new("local", &Config { token, ..tokens.config(&soft_hsm(), "token") });
            wait(hsm.sign(request(&key, b"m"))).unwrap();
        }
    });
}

#[test]
fn a_pin_file_that_is_missing_is_named() {
    in_own_process(name!(a_pin_file_that_is_missing_is_named), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        fs::remove_file(tokens.path("pin")).unwrap();
        let refusal = wait(hsm.list()).unwrap_err();
        assert!(refusal.is_retryable());
        assert!(refusal.to_string().contains("read the PIN from"), "{refusal}");
        tokens.write_pin(PIN);
        wait(hsm.list()).unwrap();
    });
}

#[test]
fn two_hsms_share_one_module() {
    in_own_process(name!(two_hsms_share_one_module), |tokens| {
        tokens.initialise("first");
        tokens.initialise("second");
        let [first, second] =
            ["first", "second"].map(|label| Pkcs11Hsm::new(label, &tokens.config(&soft_hsm(), label)));
        let (one, two) = (p256(&first), p256(&second));
        // One of them loses its token and takes the library down and up; the other one does not notice.
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    wait(second.sign(request(&two, b"m"))).unwrap();
                }
            });
            let _stop = Stop(&stop);
            for _ in 0..20 {
                Module::at(&soft_hsm()).reinitialise_for_test();
                wait(first.sign(request(&one, b"m"))).unwrap();
            }
        });
        assert!(matches!(wait(first.describe(&two)).unwrap_err().failure(), Failure::KeyNotFound { .. }));
        drop(first);
        wait(second.sign(request(&two, b"m"))).unwrap();
    });
}

/// Ends the load when the body of a test ends, also by a panic.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_lost_token_comes_back_under_load() {
    in_own_process(name!(a_lost_token_comes_back_under_load), |tokens| {
        let mut server = {
            tokens.initialise("token");
            tokens.serve("token")
        };
        let hsm = Pkcs11Hsm::new("network", &tokens.config(&p11_kit_client(), "token"));
        let key = p256(&hsm);
        let (stop, signed, refused) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        let signs_again = |signed: &AtomicUsize| {
            let before = signed.load(Ordering::SeqCst);
            eventually("signing", || (signed.load(Ordering::SeqCst) > before + 50).then_some(()));
        };
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    while !stop.load(Ordering::SeqCst) {
                        match wait(hsm.sign(request(&key, b"m"))) {
                            Ok(_) => signed.fetch_add(1, Ordering::SeqCst),
                            Err(refusal) => {
                                assert_eq!(refusal.class(), ErrorClass::RetryElsewhere, "{refusal}");
                                refused.fetch_add(1, Ordering::SeqCst)
                            }
                        };
                    }
                });
            }
            let _stop = Stop(&stop);
            for _ in 0..3 {
                signs_again(&signed);
                let before = refused.load(Ordering::SeqCst);
                server.kill();
                eventually("refusals", || (refused.load(Ordering::SeqCst) > before).then_some(()));
                server = tokens.serve("token");
                signs_again(&signed);
            }
        });
    });
}

#[test]
fn a_token_away_answers_at_once_and_by_name() {
    in_own_process(name!(a_token_away_answers_at_once_and_by_name), |tokens| {
        tokens.initialise("token");
        let hsm = Pkcs11Hsm::new("network", &tokens.config(&p11_kit_client(), "token"));
        let begin: Instant = clock::now();
        for _ in 0..200 {
            let refusal = wait(hsm.list()).unwrap_err();
            assert_eq!(refusal.class(), ErrorClass::RetryElsewhere, "{refusal}");
            assert!(refusal.to_string().contains("p11-kit-client.so"), "{refusal}");
        }
        assert!(begin.elapsed() < Duration::from_secs(10));
        let _server = tokens.serve("token");
        eventually("the token is found", || wait(hsm.list()).ok());
    });
}

#[test]
fn generating_again_after_a_loss_finds_the_key() {
    in_own_process(name!(generating_again_after_a_loss_finds_the_key), |tokens| {
        tokens.initialise("token");
        let mut server = tokens.serve("token");
        let hsm = Pkcs11Hsm::new("network", &tokens.config(&p11_kit_client(), "token"));
        let key = new_key(KeySpec::EcdsaP384);
        let made = wait(hsm.generate(key.clone())).unwrap();
        server.kill();
        server = tokens.serve("token");
        let again = eventually("generating", || wait(hsm.generate(key.clone())).ok());
        assert_eq!(again, made);
        drop(server);
    });
}

#[test]
fn without_aes_secrets_are_wrapped_by_rsa() {
    in_own_process(name!(without_aes_secrets_are_wrapped_by_rsa), |tokens| {
        tokens.initialise("token");
        let _server = tokens.serve("token");
        // p11-kit passes no AES-GCM on, and SoftHSM2 knows OAEP with SHA-1 only.
        let hsm = Pkcs11Hsm::new("network", &tokens.config(&p11_kit_client(), "token"));
        assert_eq!(wait(hsm.capabilities()).unwrap().wrapping.as_deref(), Some("CKM_RSA_PKCS_OAEP"));
        let wrapped = wait(hsm.wrap(b"the data-encryption key", b"installation")).unwrap();
        assert_eq!(wrapped[1], Method::OaepSha1 as u8);
        assert_eq!(**wait(hsm.unwrap(&wrapped, b"installation")).unwrap(), *b"the data-encryption key");
        for place in [0, 2, 18, 19, 40, wrapped.len() - 1] {
            let mut changed = wrapped.clone();
            changed[place] ^= 1;
            let refusal = wait(hsm.unwrap(&changed, b"installation")).unwrap_err();
            assert!(matches!(refusal.failure(), Failure::BadWrapping), "{place}: {refusal}");
        }
        assert!(wait(hsm.unwrap(&wrapped, b"another")).is_err());
        // The wrapping key is none of ours to sign with.
        assert!(wait(hsm.list()).unwrap().is_empty());
    });
}

#[test]
fn what_the_token_cannot_do_is_said_before_it_is_tried() {
    in_own_process(name!(what_the_token_cannot_do_is_said_before_it_is_tried), |tokens| {
        tokens.initialise("token");
        let _server = tokens.serve("token");
        let hsm = Pkcs11Hsm::new("network", &tokens.config(&p11_kit_client(), "token"));
        let capabilities = wait(hsm.capabilities()).unwrap();
        assert!(!capabilities.key_specs.contains(&KeySpec::Ed25519), "{:?}", capabilities.mechanisms);
        let refusal = wait(hsm.generate(new_key(KeySpec::Ed25519))).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::Unsupported(_)), "{refusal}");
        let state = wait(hsm.set_state(&p256(&hsm), KeyState::Suspended)).unwrap_err();
        assert!(matches!(state.failure(), Failure::Unsupported(_)), "{state}");
        assert!(!capabilities.keeps_states);
    });
}

#[test]
fn a_long_message_is_hashed_here() {
    in_own_process(name!(a_long_message_is_hashed_here), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        let message = vec![7; 5_000_000];
        for spec in [KeySpec::Rsa3072, KeySpec::EcdsaP256, KeySpec::Ed25519] {
            let key = wait(hsm.generate(new_key(spec))).unwrap().key;
            let crl = request_for(&key, SignPurpose::Crl, KeyState::Active, Input::Message(message.clone()));
            let signature = wait(hsm.sign(crl)).unwrap();
            spec.signature_algorithm().verify(&key.public_key, &message, signature.as_bytes()).unwrap();
        }
    });
}

#[test]
fn a_locator_of_another_kind_is_refused() {
    in_own_process(name!(a_locator_of_another_kind_is_refused), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        let key = KeyRef { locator: format!("software:{}", fresh_id()), ..p256(&hsm) };
        let refusal = wait(hsm.sign(request(&key, b"m"))).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::InvalidInput(_)), "{refusal}");
    });
}
