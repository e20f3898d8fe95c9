//! Sessions are few, reused, and never waited for without end.

use super::*;

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
