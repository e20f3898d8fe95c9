#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::frame::Frame;

const HOSTILE: &str = "\"'><script>alert(1)</script>";
const NOW: i64 = 1_782_907_200;

fn page() -> HsmPage {
    HsmPage {
        frame: Frame::public("Example", NOW),
        name: "local".to_owned(),
        health: HsmHealth::Signs,
        asked_at: Some(NOW - 20),
        facts: Ok(HsmFacts::default()),
        keys: Ok(Vec::new()),
        last_error: None,
        latency: vec![Latency { at: NOW - 1_800, micros: Some(2_430) }, Latency { at: NOW, micros: None }],
        no_probe: None,
        done: None,
        api_url: "https://ca.example/api/v1/hsms/local".to_owned(),
    }
}

#[test]
fn the_answer_is_whether_it_signs_and_how_fast() {
    let html = page().render().unwrap();
    assert!(html.contains("It signs, lately in 2.4 ms at most.") && html.contains("No key yet"), "{html}");
}

#[test]
fn one_that_is_away_is_shown_with_what_is_known() {
    let away = HsmPage {
        health: HsmHealth::Fails,
        facts: Err("the token is not present".to_owned()),
        keys: Err("the token is not present".to_owned()),
        last_error: Some((NOW - 60, "CKR_TOKEN_NOT_PRESENT".to_owned())),
        ..page()
    };
    let html = away.render().unwrap();
    assert!(html.contains("does not sign") && html.contains("CKR_TOKEN_NOT_PRESENT"), "{html}");
}

#[test]
fn the_list_says_first_what_is_down() {
    let row = |name: &str, health| HsmRow {
        name: name.to_owned(),
        kind: "pkcs11".to_owned(),
        health,
        asked_at: Some(NOW - 3),
        latency: Some(900),
        authorities: vec!["issuing".to_owned()],
        failed_at: None,
    };
    let hsms = vec![row("one", HsmHealth::Signs), row("two", HsmHealth::Fails)];
    let html = HsmsPage { frame: Frame::public("Example", NOW), hsms }.render().unwrap();
    assert!(html.contains("two does not sign now") && html.contains("0.9 ms"), "{html}");
}

#[test]
fn what_others_wrote_is_text() {
    let h = || HOSTILE.to_owned();
    let facts = HsmFacts { manufacturer: h(), place: h(), mechanisms: vec![h()], ..HsmFacts::default() };
    let key = KeyRow {
        label: h(),
        id: h(),
        algorithm: h(),
        state: Some(h()),
        purposes: vec![h()],
        born_inside: None,
        authority: Some(h()),
    };
    let last_error = Some((NOW, h()));
    let html = HsmPage { facts: Ok(facts), keys: Ok(vec![key]), last_error, name: h(), ..page() }.render().unwrap();
    assert!(!html.contains("<script>alert"), "{html}");
}
