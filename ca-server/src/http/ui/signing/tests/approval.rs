//! Who may approve what, and what else people do with a request.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn two_people_approve_and_the_signatures_are_there() {
    two_people_approve(House::new().await).await;
}

#[tokio::test]
async fn two_people_approve_on_postgresql() {
    two_people_approve(House::on(testing::postgres().await, &["operator"]).await).await;
}

async fn two_people_approve(mut house: House) {
    let (mut bob, mut eve) = (house.person("bob", &["approver"]).await, house.person("eve", &["approver"]).await);
    says(&mut bob, "/signing", "Nothing waits for your approval.").await;
    let path = house.submit("v2.4.0", &[("app.bin", "1"), ("lib.bin", "2")]).await;
    says(&mut bob, "/", "One signing request waits for approval").await;
    let inbox = bob.get("/signing").await;
    for words in ["One request waits for your approval.", "Waits for you", "app.bin and 1 more", "v2.4.0", "0 of 2"] {
        assert!(inbox.text.contains(words), "{words}\n{}", inbox.text);
    }
    let page = bob.get(&path).await;
    for words in ["It has 0 of 2 approvals", "an API token of ann", "Nothing was signed under payments/release before"]
    {
        assert!(page.text.contains(words), "{words}\n{}", page.text);
    }
    let seen = digest_set(&page);
    for _ in 0..2 {
        let again = decide(&mut bob, &path, "approve", &seen).await;
        assert_eq!(again.location(), path, "a second click is no error: {}", again.text);
    }
    says(&mut eve, &path, "It has 1 of 2 approvals").await;
    says(&mut bob, "/signing", "Nothing waits for your approval.").await;
    approve(&mut eve, &path).await;
    house.process().await;
    let page = house.ann.get(&path).await;
    for words in ["It was signed", "2 of 2", "looks right", "signing-approvers", "Download signatures"] {
        assert!(page.text.contains(words), "{words}\n{}", page.text);
    }
    assert!(!page.text.contains("name=\"decision\""), "{}", page.text);
    let archive = house.ann.get(&format!("{path}/bundle.zip")).await;
    assert_eq!((archive.status, archive.header("content-type")), (StatusCode::OK, "application/zip"));
    let one = house.ann.get(&format!("{path}/items/2/signature")).await;
    assert_eq!((one.status, one.header("content-type")), (StatusCode::OK, "application/pkcs7-signature"));
    assert!(one.header("content-disposition").ends_with("-0002.p7s\""), "{}", one.header("content-disposition"));
    assert_eq!(house.ann.get(&format!("{path}/items/3/signature")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_approves_their_own_request() {
    let mut house = House::on(testing::sqlite().await, &["operator", "approver"]).await;
    let path = house.submit("", &[("app.bin", "1")]).await;
    let mut bob = house.person("bob", &["approver"]).await;
    let seen = digest_set(&bob.get(&path).await);
    let page = house.ann.get(&path).await;
    assert!(page.text.contains("You cannot approve it") && !page.text.contains("value=\"approve\""), "{}", page.text);
    let refused = decide(&mut house.ann, &path, "approve", &seen).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert!(refused.text.contains("nobody-approves-their-own-signatures"), "{}", refused.text);
    says(&mut bob, &path, "It has 0 of 2 approvals").await;
    says(&mut house.ann, "/signing", "Nothing waits for your approval.").await;
}

#[tokio::test]
async fn a_decision_about_other_digests_is_refused_and_the_page_says_so() {
    let house = House::new().await;
    let mut bob = house.person("bob", &["approver"]).await;
    let path = house.submit("", &[("app.bin", "1")]).await;
    let other = digest_set(&bob.get(&house.submit("", &[("app.bin", "2")]).await).await);
    for decision in ["approve", "reject"] {
        let stale = decide(&mut bob, &path, decision, &other).await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.text);
        assert!(stale.text.contains("Nothing was decided: the digests differ"), "{}", stale.text);
    }
    for nonsense in ["", "sha256:00", "<script>"] {
        let refused = decide(&mut bob, &path, "approve", nonsense).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    }
    let seen = digest_set(&bob.get(&path).await);
    assert_eq!(decide(&mut bob, &path, "perhaps", &seen).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    says(&mut bob, &path, "It has 0 of 2 approvals").await;
}

#[tokio::test]
async fn who_has_no_role_for_it_neither_approves_nor_cancels() {
    let house = House::new().await;
    let mut bob = house.person("bob", &["approver"]).await;
    let mut aud = house.person("aud", &["auditor"]).await;
    let path = house.submit("", &[("app.bin", "1")]).await;
    let seen = digest_set(&bob.get(&path).await);
    let page = aud.get(&path).await;
    assert!(page.text.contains("You cannot approve it") && !page.text.contains("name=\"decision\""), "{}", page.text);
    for decision in ["approve", "reject"] {
        assert_eq!(decide(&mut aud, &path, decision, &seen).await.status, StatusCode::FORBIDDEN);
    }
    bob.get(&path).await;
    assert_eq!(bob.submit(&format!("{path}/cancel"), &[]).await.status, StatusCode::FORBIDDEN);
    let forged = bob.send(bob.form(&format!("{path}/cancel"), &[]).body(Body::empty()).unwrap()).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN, "{}", forged.text);
    says(&mut bob, &path, "It has 0 of 2 approvals").await;
}

#[tokio::test]
async fn an_approval_needs_a_fresh_proof() {
    let house = House::new().await;
    let mut bob = house.person("bob", &["approver"]).await;
    let path = house.submit("", &[("app.bin", "1")]).await;
    let seen = digest_set(&bob.get(&path).await);
    house.installation.hand.advance(Duration::from_secs(11 * 60));
    let page = decide(&mut bob, &path, "approve", &seen).await;
    assert!(page.location().starts_with("/step-up?next="), "{} {}", page.status, page.text);
    says(&mut bob, &path, "It has 0 of 2 approvals").await;
}

#[tokio::test]
async fn a_no_ends_it_with_its_reason() {
    let house = House::new().await;
    let mut bob = house.person("bob", &["approver"]).await;
    let path = house.submit("", &[("app.bin", "1")]).await;
    let seen = digest_set(&bob.get(&path).await);
    assert_eq!(decide(&mut bob, &path, "reject", &seen).await.location(), path);
    let page = bob.get(&path).await;
    assert!(page.text.contains("It was rejected") && page.text.contains("looks right"), "{}", page.text);
    let twice = decide(&mut bob, &path, "reject", &seen).await;
    assert!(twice.status.is_client_error(), "{} {}", twice.status, twice.text);
    assert_eq!(bob.get(&format!("{path}/bundle.zip")).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_officer_gives_a_request_up() {
    let house = House::new().await;
    let mut sec = house.person("sec", &["security-officer"]).await;
    let path = house.submit("", &[("app.bin", "1")]).await;
    sec.get(&path).await;
    assert_eq!(sec.submit(&format!("{path}/cancel"), &[]).await.location(), path);
    says(&mut sec, &path, "It was cancelled").await;
    assert_eq!(sec.submit(&format!("{path}/cancel"), &[]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_is_not_there_is_told_as_such() {
    let house = House::new().await;
    let mut bob = house.person("bob", &["approver"]).await;
    for path in ["/signing/nonsense", "/signing/019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10", "/signing/profiles/none/such"] {
        assert_eq!(bob.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
