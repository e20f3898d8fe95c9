//! What others write stays text.

use super::*;

const HOSTILE: &str = "\"'><script>alert(1)</script>";

fn is_text(page: &Page) {
    assert!(!page.text.contains("<script>alert") && !page.text.contains("\"'>"), "{}", page.text);
}

#[tokio::test]
async fn a_script_in_every_text_field_is_shown_and_not_run() {
    let mut house = House::new().await;
    let (mut bob, mut eve) = (house.person("bob", &["approver"]).await, house.person("eve", &["approver"]).await);
    let path = house.submit(HOSTILE, &[(HOSTILE, "1"), ("app.bin", "2")]).await;
    let page = bob.get(&path).await;
    assert!(page.text.contains("&#60;script&#62;"), "{}", page.text);
    is_text(&page);
    let seen = digest_set(&page);
    let fields = [("decision", "approve"), ("digest_set", seen.as_str()), ("comment", HOSTILE)];
    bob.submit(&format!("{path}/decision"), &fields).await;
    is_text(&eve.get(&path).await);
    is_text(&eve.get("/signing").await);
    approve(&mut eve, &path).await;
    house.process().await;
    let hostile = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect::<String>();
    for place in [
        path.clone(),
        "/signing".to_owned(),
        format!("/signing?state={hostile}&profile={hostile}"),
        "/signing/ledger".to_owned(),
        format!("/signing/ledger?digest={hostile}"),
        "/signing/profiles/payments/release".to_owned(),
    ] {
        let page = house.ann.get(&place).await;
        is_text(&page);
    }
    bob.get("/signing/grants").await;
    let grant = [("profile", HOSTILE), ("grantee", HOSTILE), ("max_signatures", HOSTILE), ("hours", HOSTILE)];
    is_text(&bob.submit("/signing/grants", &grant).await);
    let verify = [("format", HOSTILE), ("signature", HOSTILE), ("algorithm", HOSTILE), ("digest", HOSTILE)];
    is_text(&bob.submit("/signing/verify", &[&verify[..], &[("certificate", HOSTILE)]].concat()).await);
}
