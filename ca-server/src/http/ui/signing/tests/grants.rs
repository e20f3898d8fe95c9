//! Giving grants and taking them back.

use super::*;

async fn give(browser: &mut Browser, grantee: &str, most: &str, hours: &str) -> Page {
    browser.get("/signing/grants").await;
    let fields = [("profile", "payments/tools"), ("grantee", grantee), ("max_signatures", most), ("hours", hours)];
    browser.submit("/signing/grants", &fields).await
}

/// With a profile that one person may answer for.
async fn with_tools() -> House {
    let house = House::new().await;
    house.put("payments/tools", &bare(RELEASE).replace("required = 2", "required = 1")).await;
    house
}

#[tokio::test]
async fn a_grant_is_given_seen_and_taken_back() {
    let house = with_tools().await;
    let mut bob = house.person("bob", &["approver"]).await;
    says(&mut bob, "/signing/grants", "jsign --storetype SIGNSERVER --keystore https://ca.example.org").await;
    let made = give(&mut bob, "ann", "10", "8").await;
    assert_eq!(made.location(), "/signing/grants", "{}", made.text);
    let page = bob.get("/signing/grants").await;
    assert!(page.text.contains("One grant on this page is in force.") && page.text.contains("in force"));
    let (_, rest) = page.text.split_once("action=\"/signing/grants/").unwrap();
    let revoke = format!("/signing/grants/{}", rest.split('"').next().unwrap());
    assert_eq!(bob.submit(&revoke, &[]).await.location(), "/signing/grants");
    let page = bob.get("/signing/grants").await;
    assert!(page.text.contains("No grant on this page is in force.") && page.text.contains("revoked"));
    assert_eq!(bob.submit(&revoke, &[]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_cannot_be_granted_is_refused_with_what_was_typed() {
    let house = with_tools().await;
    let mut bob = house.person("bob", &["approver"]).await;
    let faults = [
        ("ann", "many", "8", "is a whole number"),
        ("ann", "0", "8", "max_signatures is between 1"),
        ("ann", "10", "soon", "is a whole number"),
        ("ann", "10", "99999999999", "720 hours"),
        ("ann", "10", "721", "30 days"),
        ("", "10", "8", "grantee is"),
    ];
    for (grantee, most, hours, words) in faults {
        let refused = give(&mut bob, grantee, most, hours).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}: {}", refused.text);
        assert!(refused.text.contains(words), "{words}\n{}", refused.text);
    }
    let own = give(&mut bob, "bob", "10", "8").await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    assert!(own.text.contains("nobody-grants-to-themself"), "{}", own.text);
}

#[tokio::test]
async fn where_no_profile_has_bare_signatures_or_all_need_two_people_the_page_says_so() {
    let house = House::new().await;
    let mut bob = house.person("bob", &["approver"]).await;
    says(&mut bob, "/signing/grants", "and the approval of one person at most").await;
    let one = RELEASE.replace("required = 2", "required = 1");
    house.put("payments/release", &one).await;
    says(&mut bob, "/signing/grants", "No signing profile has the format raw").await;
    house.put("payments/release", &bare(&one)).await;
    says(&mut bob, "/signing/grants", "Give the grant").await;
}

#[tokio::test]
async fn who_may_not_give_reads_why() {
    let house = House::new().await;
    let mut aud = house.person("aud", &["auditor"]).await;
    let page = aud.get("/signing/grants").await;
    assert!(page.status.is_success() && !page.text.contains("Give the grant"), "{}", page.text);
    let fields = [("profile", "payments/release"), ("grantee", "ann"), ("max_signatures", "1"), ("hours", "1")];
    assert_eq!(aud.submit("/signing/grants", &fields).await.status, StatusCode::FORBIDDEN);
}
