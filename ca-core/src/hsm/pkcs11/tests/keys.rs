//! Keys stay inside, are told apart, and are what they were.

use super::*;

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
fn a_locator_of_another_kind_is_refused() {
    in_own_process(name!(a_locator_of_another_kind_is_refused), |tokens| {
        let hsm = tokens.hsm(&soft_hsm(), "token");
        let key = KeyRef { locator: format!("software:{}", fresh_id()), ..p256(&hsm) };
        let refusal = wait(hsm.sign(request(&key, b"m"))).unwrap_err();
        assert!(matches!(refusal.failure(), Failure::InvalidInput(_)), "{refusal}");
    });
}
