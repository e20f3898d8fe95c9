//! Modules and tokens are found, also when they come later.

use super::*;

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
