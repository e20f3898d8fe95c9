//! The audit trail: its list, one event, and its files.

use axum::http::StatusCode;

use crate::http::testing::{Browser, Page};
use crate::testing;

async fn auditor() -> (testing::Installation, Browser) {
    let installation = testing::sqlite().await;
    let browser = Browser::of(&installation, "ann", &["auditor"]).await;
    (installation, browser)
}

fn first_event(page: &Page) -> String {
    let letters = "0123456789abcdef-";
    page.shaped("/audit/????????-????-????-????-????????????", letters)
}

#[tokio::test]
async fn the_list_leads_to_an_event_and_back() {
    let (_installation, mut ann) = auditor().await;
    let list = ann.get("/audit?actor=ann&action=ChangePassword").await;
    assert_eq!(list.status, StatusCode::OK);
    let listed = list.all_shaped("/audit/????????-????-????-????-????????????", "0123456789abcdef-");
    assert_eq!(listed.len(), 1, "{}", list.text);
    let event = ann.get(&first_event(&list)).await;
    assert_eq!(event.status, StatusCode::OK, "{}", event.text);
    for told in ["Operator:ann", "Canonical form", "/audit?object=Operator%3Aann", "/settings/operators/ann"] {
        assert!(event.text.contains(told), "{told}: {}", event.text);
    }
    let nothing = ann.get("/audit?object=order%20x").await;
    assert!(nothing.text.contains("No event fits this filter"), "{}", nothing.text);
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_finds_nothing_and_says_why() {
    let (_installation, mut ann) = auditor().await;
    let list = ann.get("/audit?since=yesterday").await;
    assert!(list.text.contains("is no moment: write 2027-01-31"), "{}", list.text);
    assert!(list.all_shaped("/audit/????????-????-????-????-????????????", "0123456789abcdef-").is_empty());
    for export in ["jsonl", "csv"] {
        let refused = ann.get(&format!("/audit/export.{export}?since=yesterday")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
        assert!(refused.text.contains("is no moment"), "{}", refused.text);
    }
    assert_eq!(ann.get("/audit?after=nothing").await.status, StatusCode::BAD_REQUEST);
    for absent in ["/audit/nothing", "/audit/019a2f6e-5d1c-7e07-9ed5-6a1f4f3c2b10"] {
        assert_eq!(ann.get(absent).await.status, StatusCode::NOT_FOUND, "{absent}");
    }
    assert_eq!(ann.get("/api/v1/audit?since=yesterday").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(ann.get("/api/v1/audit?who=ann").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(ann.get("/api/v1/audit/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_holds_what_the_list_shows() {
    let (_installation, mut ann) = auditor().await;
    let api: serde_json::Value = serde_json::from_str(&ann.get("/api/v1/audit?actor=ann").await.text).unwrap();
    let listed = api["items"].as_array().unwrap();
    for place in ["/audit/export.jsonl?actor=ann", "/api/v1/audit/export.jsonl?actor=ann"] {
        let file = ann.get(place).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "application/jsonl"), "{place}");
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"audit.jsonl\"");
        assert_eq!((file.header("cache-control"), file.header("etag")), ("no-store", ""));
        let mut lines: Vec<serde_json::Value> =
            file.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.reverse();
        assert_eq!(&lines, listed, "{place}");
    }
    let table = ann.get("/api/v1/audit/export.csv?actor=ann").await;
    let rows = csv::Reader::from_reader(table.text.as_bytes()).into_records();
    assert_eq!(rows.map(Result::unwrap).count(), listed.len());
    let id = listed[0]["id"].as_str().unwrap();
    let one: serde_json::Value = serde_json::from_str(&ann.get(&format!("/api/v1/audit/{id}")).await.text).unwrap();
    assert_eq!(one, listed[0]);
}

#[tokio::test]
async fn things_lead_to_what_was_done_to_them() {
    let installation = testing::sqlite().await;
    let mut ann = Browser::of(&installation, "ann", &["security-officer"]).await;
    for (page, link) in [
        ("/settings/operators/ann", "/audit?object=Operator%3Aann"),
        ("/settings/operators/ann", "/audit?actor=Operator%3Aann"),
        ("/authorities/issuing", "/audit?object=crl%20issuing%2F0"),
    ] {
        let found = ann.get(page).await;
        assert!(found.text.contains(link), "{link}: {}", found.text);
        let followed = ann.get(link).await;
        assert_eq!(followed.status, StatusCode::OK, "{link}");
        assert!(!first_event(&followed).is_empty());
    }
}
