//! The small tables that operators look after.

use ca_core::time::UnixTime;
use ca_core::x509::SerialNumber;

use super::acme::{account, at};
use crate::store::error::StoreError;
use crate::store::external_account::{self, NewExternalAccount};
use crate::store::fields::{ExternalAccountId, IssuerKind, IssuerState};
use crate::store::hsm_key::{self, HsmKey};
use crate::store::installation::{self, Installation, WrappedDataKey};
use crate::store::issuer::{self, Issuer};
use crate::store::testing::{TestStore, fresh_id, on_both_engines};
use crate::store::{blocked_key, profile_version};

on_both_engines! {
    an_external_account_is_bound_once,
    keys_and_issuers_are_stored_once,
    versions_are_stored_once_and_withdrawn_once,
    servers_that_start_together_agree_on_a_secret,
}

fn external(expires_at: Option<UnixTime>) -> NewExternalAccount {
    NewExternalAccount {
        id: ExternalAccountId::new(fresh_id()),
        endpoint: "acme".into(),
        name: "build machines".into(),
        hmac_key: vec![1, 2, 3],
        created_by: "operator:anna".into(),
        created_at: at(1),
        expires_at,
    }
}

async fn an_external_account_is_bound_once(store: TestStore) {
    let account = account(&store, 1).await;
    let bind = |id, now| store.write(move |c| external_account::bind(c, id, account, at(now)));
    let made = [external(None), external(Some(at(100))), external(None)];
    let [free, expiring, revoked] = [made[0].id, made[1].id, made[2].id];
    store.write(move |c| made.iter().try_for_each(|new| external_account::insert(c, new))).await.unwrap();
    assert!(store.write(move |c| external_account::revoke(c, revoked, at(5))).await.unwrap());
    assert!(!store.write(move |c| external_account::revoke(c, revoked, at(6))).await.unwrap());
    assert!(!bind(revoked, 10).await.unwrap());
    assert!(!bind(expiring, 100).await.unwrap());
    assert!(bind(expiring, 99).await.unwrap());
    let (one, other) = tokio::join!(bind(free, 10), bind(free, 11));
    assert!(one.unwrap() != other.unwrap());
    let found = store.read(move |c| external_account::by_id(c, "acme", free)).await.unwrap().unwrap();
    assert_eq!((found.account_id, found.hmac_key), (Some(account), vec![1, 2, 3]));
    assert!(store.read(move |c| external_account::by_id(c, "other", free)).await.unwrap().is_none());
    assert_eq!(store.read(|c| external_account::list(c, None, 2)).await.unwrap().len(), 2);
    assert_eq!(store.read(move |c| external_account::list(c, Some(expiring), 2)).await.unwrap().len(), 1);
}

pub(super) fn key(id: &str) -> HsmKey {
    HsmKey {
        id: id.into(),
        hsm: "local".into(),
        locator: format!("software:{id}"),
        algorithm: "ecdsa-p256".into(),
        public_key: vec![1],
        spki_sha256: [1; 32],
        purposes: "certificate,crl".into(),
        state: "active".into(),
        provenance: "generated".into(),
        created_at: at(1),
        state_changed_at: at(1),
    }
}

pub(super) fn new_issuer(slug: &str, generation: i64, parent: Option<&str>) -> Issuer {
    Issuer {
        slug: slug.into(),
        authority: slug.split('-').next().unwrap_or_default().into(),
        generation,
        kind: if parent.is_some() { IssuerKind::Issuing } else { IssuerKind::Root },
        state: IssuerState::Active,
        subject: format!("CN={slug}"),
        serial: SerialNumber::from_random([7; 18]),
        der: vec![0x30],
        key_id: "k1".into(),
        parent: parent.map(Into::into),
        not_before: at(1),
        not_after: at(1000),
        crl_shards: 1,
        created_at: at(1),
    }
}

async fn keys_and_issuers_are_stored_once(store: TestStore) {
    store.write(|c| hsm_key::insert(c, &key("k1"))).await.unwrap();
    let again = store.write(|c| hsm_key::insert(c, &HsmKey { id: "k2".into(), ..key("k1") })).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "one id a locator: {again:?}");
    assert!(store.write(|c| hsm_key::set_state(c, "k1", "active", "deactivated", at(9))).await.unwrap());
    assert!(!store.write(|c| hsm_key::set_state(c, "k1", "active", "destroyed", at(9))).await.unwrap());
    let found = store.read(|c| hsm_key::by_id(c, "k1")).await.unwrap().unwrap();
    assert_eq!((found.state.as_str(), found.state_changed_at), ("deactivated", at(9)));
    assert_eq!(store.read(|c| hsm_key::list(c, "", 10)).await.unwrap().len(), 1);

    store.write(|c| issuer::insert(c, &new_issuer("root", 1, None))).await.unwrap();
    store.write(|c| issuer::insert(c, &new_issuer("issuing", 1, Some("root")))).await.unwrap();
    let reused = store.write(|c| issuer::insert(c, &new_issuer("issuing", 2, Some("root")))).await;
    assert!(matches!(reused, Err(StoreError::Conflict(_))), "a slug is never used again: {reused:?}");
    store.write(|c| issuer::insert(c, &new_issuer("issuing-2", 2, Some("root")))).await.unwrap();
    let orphan = store.write(|c| issuer::insert(c, &new_issuer("other", 1, Some("nobody")))).await;
    assert!(matches!(orphan, Err(StoreError::Refused(_))), "{orphan:?}");
    assert!(store.write(|c| issuer::set_state(c, "issuing", IssuerState::Retired)).await.unwrap());
    let all = store.read(issuer::all).await.unwrap();
    assert_eq!(all.iter().map(|issuer| issuer.slug.as_str()).collect::<Vec<_>>(), ["issuing", "issuing-2", "root"]);
    let found = store.read(|c| issuer::by_slug(c, "issuing")).await.unwrap().unwrap();
    assert_eq!((found.state, found.serial), (IssuerState::Retired, SerialNumber::from_random([7; 18])));
}

async fn versions_are_stored_once_and_withdrawn_once(store: TestStore) {
    for now in [1, 2] {
        store.write(move |c| profile_version::insert(c, [1; 32], "tls-server", "text", at(now))).await.unwrap();
        store.write(move |c| profile_version::insert_policy_set(c, [2; 32], "permit", at(now))).await.unwrap();
        let listed = blocked_key::BlockedKey {
            spki_sha256: [3; 32],
            reason: format!("reason {now}"),
            source: "policies".into(),
            created_at: at(now),
        };
        store.write(move |c| blocked_key::insert(c, std::slice::from_ref(&listed))).await.unwrap();
    }
    let found = store.read(|c| profile_version::by_hash(c, [1; 32])).await.unwrap().unwrap();
    assert_eq!((found.created_at, found.withdrawn_at, found.canonical.as_str()), (at(1), None, "text"));
    assert!(store.write(|c| profile_version::withdraw(c, [1; 32], at(9))).await.unwrap());
    assert!(!store.write(|c| profile_version::withdraw(c, [1; 32], at(10))).await.unwrap());
    let versions = store.read(|c| profile_version::by_name(c, "tls-server")).await.unwrap();
    assert_eq!(versions.iter().map(|version| version.withdrawn_at).collect::<Vec<_>>(), [Some(at(9))]);
    assert_eq!(store.read(|c| profile_version::policy_set_text(c, [2; 32])).await.unwrap(), Some("permit".into()));
    assert_eq!(store.read(|c| blocked_key::by_hash(c, [3; 32])).await.unwrap().unwrap().reason, "reason 1");
}

async fn servers_that_start_together_agree_on_a_secret(store: TestStore) {
    let secret =
        |candidate: &'static [u8]| store.write(move |c| installation::secret(c, "nonce-key", candidate, at(1)));
    let (one, other) = tokio::join!(secret(b"one"), secret(b"other"));
    assert_eq!(one.unwrap(), other.unwrap());
    let new = Installation { id: "i".into(), name: "Example".into(), created_at: at(1) };
    store.write(move |c| installation::insert(c, &new)).await.unwrap();
    assert_eq!(store.read(installation::load).await.unwrap().unwrap().name, "Example");
    let key =
        |version| WrappedDataKey { key_version: version, hsm: "local".into(), wrapped: vec![9], created_at: at(1) };
    store.write(move |c| installation::insert_data_key(c, &key(2))).await.unwrap();
    store.write(move |c| installation::insert_data_key(c, &key(1))).await.unwrap();
    let again = store.write(move |c| installation::insert_data_key(c, &key(1))).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    let keys = store.read(installation::data_keys).await.unwrap();
    assert_eq!(keys.iter().map(|key| key.key_version).collect::<Vec<_>>(), [1, 2]);
}
