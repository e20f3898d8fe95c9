//! A token that goes away and comes back.

use super::*;

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
