//! Key and certificate of the authority: made once, renewed, replaced when it was revoked, and the HSM away.

use std::sync::Arc;
use std::time::Duration;

use ca_core::policy::action::RevocationGround;
use ca_core::revocation::RevocationReason;
use ca_core::timestamp::VerifiedTimestamp;

use super::*;
use crate::ops::certificate::find;
use crate::ops::certificate::revoke::{Revocation, revoke};
use crate::ops::issue::fresh_serial;
use crate::ops::timestamp::watch;
use crate::policies::Policies;
use crate::store::certificate::CertificateRecord;
use crate::store::fields::{CertificateId, IntentId, IssuerState};
use crate::store::hsm_key;
use crate::store::issuance_intent::{self, IssuanceFacts, NewIntent};
use crate::testing::{local_root, origin};

fn verified(installation: &Installation, reply: &Reply) -> VerifiedTimestamp {
    let now = installation.app.clock.now();
    reply.token().verify(b"what is stamped", &roots(installation), now).unwrap()
}

#[tokio::test]
async fn requests_that_come_together_make_one_key_and_one_certificate() {
    let installation = testing::sqlite().await;
    let (a, b, c) = tokio::join!(ask(&installation), ask(&installation), ask(&installation));
    let signers: Vec<_> = [a, b, c].iter().map(|reply| verified(&installation, reply).signer).collect();
    assert!(signers.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(signers[0].subject().to_string(), "CN=Test time stamping");
    let keys = installation.app.store.read(|c| hsm_key::list(c, "", 100)).await.unwrap();
    let keys: Vec<_> = keys.iter().filter(|key| key.purposes == "timestamp").collect();
    assert_eq!(keys.len(), 1);
    assert!(keys[0].provenance.contains("the time-stamping authority"), "{}", keys[0].provenance);
}

#[tokio::test]
async fn the_certificate_is_renewed_before_it_ends_and_the_key_stays() {
    let installation = testing::sqlite().await;
    watch::certificate(&installation.app).await.unwrap();
    let first = verified(&installation, &ask(&installation).await).signer;
    watch::certificate(&installation.app).await.unwrap();
    assert_eq!(verified(&installation, &ask(&installation).await).signer, first);
    installation.hand.advance(first.validity().duration() / 3 * 2 + Duration::from_secs(60));
    assert!(first.validity().contains(installation.app.clock.now()));
    watch::certificate(&installation.app).await.unwrap();
    let second = verified(&installation, &ask(&installation).await).signer;
    assert_ne!(second.serial(), first.serial());
    assert_eq!(second.public_key(), first.public_key());
}

async fn condemn(installation: &Installation, certificate: &Certificate, reason: RevocationReason) {
    let app = &installation.app;
    let (record, _) = find::one(app, &local_root(), &certificate.serial().to_string(), None).await.unwrap();
    let (block_key, ground, confirmed) = (false, RevocationGround::Administration, None);
    let asked = Revocation { reason, block_key, ground, confirmed };
    revoke(app, &local_root(), &origin(), (&record, certificate), asked).await.unwrap();
}

#[track_caller]
fn unavailable(reply: &Reply, words: &str) {
    let (failure, text) = reply.refusal();
    assert_eq!(failure, FailureInfo::SystemFailure, "{text}");
    assert!(text.contains(words), "{text}");
}

#[tokio::test]
async fn a_revoked_certificate_stamps_nothing_more() {
    let installation = testing::sqlite().await;
    let first = verified(&installation, &ask(&installation).await).signer;
    condemn(&installation, &first, RevocationReason::Superseded).await;
    unavailable(&ask(&installation).await, "was revoked: ask again");
    let second = verified(&installation, &ask(&installation).await).signer;
    assert_ne!(second.serial(), first.serial());
    assert_eq!(second.public_key(), first.public_key());
}

#[tokio::test]
async fn a_compromised_key_stamps_nothing_more_and_another_one_takes_its_place() {
    for installation in [testing::sqlite().await, testing::postgres().await] {
        let first = verified(&installation, &ask(&installation).await).signer;
        condemn(&installation, &first, RevocationReason::KeyCompromise).await;
        unavailable(&ask(&installation).await, "was revoked: ask again");
        let second = verified(&installation, &ask(&installation).await).signer;
        assert_ne!(second.public_key(), first.public_key());
        assert_eq!(verified(&installation, &ask(&installation).await).signer, second);
    }
}

#[tokio::test]
async fn a_key_that_is_blocked_with_an_earlier_certificate_stamps_nothing_more() {
    for installation in [testing::sqlite().await, testing::postgres().await] {
        let first = verified(&installation, &ask(&installation).await).signer;
        installation.hand.advance(first.validity().duration() / 3 * 2 + Duration::from_secs(60));
        watch::certificate(&installation.app).await.unwrap();
        let renewed = verified(&installation, &ask(&installation).await).signer;
        assert_eq!(renewed.public_key(), first.public_key());
        condemn(&installation, &first, RevocationReason::KeyCompromise).await;
        unavailable(&ask(&installation).await, "is on the list of blocked keys: ask again");
        let after = verified(&installation, &ask(&installation).await).signer;
        assert_ne!(after.public_key(), first.public_key());
    }
}

#[tokio::test]
async fn a_key_on_the_list_of_the_policies_stamps_nothing_more() {
    let installation = testing::sqlite().await;
    let first = verified(&installation, &ask(&installation).await).signer;
    let digits: String = first.public_key().sha256().iter().map(|octet| format!("{octet:02x}")).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("blocked-keys.txt"), format!("{digits} # seen on a forum\n")).unwrap();
    installation.app.policies.store(Arc::new(Policies::load(Some(folder.path())).unwrap()));
    unavailable(&ask(&installation).await, "is on the list of blocked keys: ask again");
    assert_ne!(verified(&installation, &ask(&installation).await).signer.public_key(), first.public_key());
}

#[tokio::test]
async fn below_a_revoked_authority_nothing_is_stamped() {
    let installation = testing::sqlite().await;
    ask(&installation).await.token();
    let authority = installation.app.authorities.by_name("issuing").unwrap();
    authority.set_state(IssuerState::Revoked);
    unavailable(&ask(&installation).await, "revoked");
}

#[tokio::test]
async fn another_profile_in_the_configuration_makes_another_certificate() {
    let mut installation = testing::sqlite().await;
    ask(&installation).await.token();
    Arc::get_mut(&mut installation.app).unwrap().settings.timestamp.profile = "stamps".to_owned();
    let fault = watch::certificate(&installation.app).await.unwrap_err();
    assert!(fault.to_string().contains("no certificate profile \"stamps\""), "{fault}");
}

#[tokio::test]
async fn what_failed_a_moment_ago_is_not_tried_again() {
    let mut installation = testing::sqlite().await;
    let hsm = Arc::get_mut(&mut installation.app).unwrap().hsms.remove("local").unwrap();
    unavailable(&ask(&installation).await, "the HSM \"local\" of the time-stamping authority is not configured");
    Arc::get_mut(&mut installation.app).unwrap().hsms.insert("local".to_owned(), hsm);
    installation.hand.advance(Duration::from_secs(29));
    unavailable(&ask(&installation).await, "the HSM \"local\" of the time-stamping authority is not configured");
    installation.hand.advance(Duration::from_secs(1));
    ask(&installation).await.token();
}

/// What a server leaves behind whose HSM went away while it made a certificate like this one.
fn begun(installation: &Installation, like: CertificateRecord) -> NewIntent {
    let (app, now) = (&installation.app, installation.app.clock.now());
    NewIntent {
        id: IntentId::new(app.entropy.uuid()),
        tbs_certificate: vec![0x30, 0],
        lease_holder: "another server".to_owned(),
        lease_until: now,
        created_at: now,
        facts: IssuanceFacts {
            certificate_id: CertificateId::new(app.entropy.uuid()),
            issuer: like.issuer,
            serial: fresh_serial(app),
            order_id: None,
            submission: None,
            endpoint: None,
            account_id: None,
            requester: like.requester,
            profile: like.profile,
            profile_hash: like.profile_hash,
            policy_set_hash: like.policy_set_hash,
            decision: "{}".to_owned(),
            spki_sha256: like.spki_sha256,
            not_before: like.not_before,
            not_after: like.not_after,
            subject: like.subject,
            names: like.names,
            names_hash: like.names_hash,
            crl_shard: like.crl_shard,
            status_url: like.status_url,
            replaces: None,
            owner: None,
            request_id: String::new(),
        },
    }
}

#[tokio::test]
async fn while_a_certificate_is_begun_no_other_one_is() {
    let installation = testing::sqlite().await;
    let app = &installation.app;
    let first = verified(&installation, &ask(&installation).await).signer;
    let (record, _) = find::one(app, &local_root(), &first.serial().to_string(), None).await.unwrap();
    let intent = begun(&installation, record);
    assert!(app.store.write(move |c| issuance_intent::start(c, &intent)).await.unwrap());
    condemn(&installation, &first, RevocationReason::Superseded).await;
    unavailable(&ask(&installation).await, "was revoked: ask again");
    unavailable(&ask(&installation).await, "is begun, and is finished or given up first");
}

#[tokio::test]
async fn without_its_hsm_it_says_so() {
    let mut installation = testing::sqlite().await;
    ask(&installation).await.token();
    Arc::get_mut(&mut installation.app).unwrap().hsms.clear();
    let (failure, text) = ask(&installation).await.refusal();
    assert_eq!(failure, FailureInfo::SystemFailure);
    assert!(text.contains("HSM \"local\""), "{text}");
}
