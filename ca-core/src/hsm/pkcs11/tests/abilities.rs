//! What a token can do, what it cannot, and what is done here instead.

use super::*;

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
