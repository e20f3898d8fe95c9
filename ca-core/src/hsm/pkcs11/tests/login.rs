//! Logging in, and staying so.

use super::*;

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
