//! One security officer alone.

use super::*;

async fn break_glass(browser: &mut Browser, path: &str, seen: &str, reason: &str, typed: &str) -> Page {
    let fields = [("digest_set", seen), ("reason", reason), ("confirmation", typed)];
    browser.submit(&format!("{path}/break-glass"), &fields).await
}

#[tokio::test]
async fn glass_is_broken_with_a_reason_and_the_typed_name_and_everybody_sees_it() {
    let house = House::new().await;
    let mut sec = house.person("sec", &["security-officer"]).await;
    let path = house.submit("", &[("app.bin", "1")]).await;
    let page = sec.get(&path).await;
    assert!(page.text.contains("In an emergency"), "{}", page.text);
    let seen = digest_set(&page);
    let name = "payments/release";
    let wrong = break_glass(&mut sec, &path, &seen, "the incident of tonight", "release").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("is not the name of the profile") && wrong.text.contains("incident of tonight"));
    let silent = break_glass(&mut sec, &path, &seen, " ", name).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.text.contains("Say why it cannot wait"), "{}", silent.text);
    let other = format!("sha256:{}", "0".repeat(64));
    let stale = break_glass(&mut sec, &path, &other, "the incident of tonight", name).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text.contains("the digests differ"), "{}", stale.text);
    house.process().await;
    says(&mut sec, &path, "It has 0 of 2 approvals").await;
    assert_eq!(break_glass(&mut sec, &path, &seen, "the incident of tonight", name).await.location(), path);
    house.process().await;
    let page = sec.get(&path).await;
    for words in ["It was signed", "glass was broken", "sec: the incident of tonight"] {
        assert!(page.text.contains(words), "{words}\n{}", page.text);
    }
    assert_eq!(break_glass(&mut sec, &path, &seen, "again", name).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_approver_has_no_hammer() {
    let house = House::new().await;
    let mut bob = house.person("bob", &["approver"]).await;
    let path = house.submit("", &[("app.bin", "1")]).await;
    let page = bob.get(&path).await;
    assert!(!page.text.contains("break-glass"), "{}", page.text);
    let seen = digest_set(&page);
    let refused = break_glass(&mut bob, &path, &seen, "now", "payments/release").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    says(&mut bob, &path, "It has 0 of 2 approvals").await;
}
