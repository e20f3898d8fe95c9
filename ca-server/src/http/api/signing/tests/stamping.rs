//! Our own signatures get timestamps: by our own authority, else by those of others, in their order.

use ca_core::x509::pem;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::http::listener::{ConnectionLimits, Listener, Transport};
use crate::http::status_router;

const STAMPED: [&str; 3] = ["cms-detached", "authenticode-pe", "jar-sf"];

async fn item(house: &House, format: &str) -> Value {
    let token = house.token(json!({"aud": "signet-tests", "jti": format!("jti-{format}")}));
    let made = house.submit(&token, &files("team/open", format, &["a"])).await;
    house.process().await;
    let (id, token) = (made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap());
    let shown = house.shown(id, token).await;
    assert_eq!(shown["state"], "signed", "{shown}");
    let items = json_of(&house.get(&format!("{REQUESTS}/{id}/items"), token).await);
    items["items"][0].clone()
}

#[tokio::test]
async fn every_form_that_can_hold_one_has_a_timestamp_of_our_own() {
    let house = House::new().await;
    for format in STAMPED {
        let item = item(&house, format).await;
        assert!(item["timestamp"]["serial"].as_str().is_some_and(|serial| serial.len() > 30), "{format}: {item}");
    }
    assert!(item(&house, "raw").await.get("timestamp").is_none());
}

/// A server of somebody else with an authority, at a port of its own.
async fn stranger(folder: &TempDir) -> (Installation, String, CancellationToken) {
    let installation = testing::sqlite().await;
    let app = &installation.app;
    let address = "127.0.0.1:0".parse().unwrap();
    let listener =
        Listener::bind(address, Transport::Plain, ConnectionLimits::default(), app.clock.clone()).await.unwrap();
    let url = format!("http://{}/tsa", listener.local_address().unwrap());
    let stop = CancellationToken::new();
    tokio::spawn(listener.serve(status_router(app), stop.clone()));
    fs::write(folder.path().join("others.pem"), app.authorities.roots_pem()).unwrap();
    (installation, url, stop)
}

async fn without_our_own(lines: &str, external: &str) -> House {
    let house = House::on(testing::configured(&format!("[timestamp]\nenabled = false\n{lines}")).await).await;
    let timestamp = format!("required = true\nexternal = [{external}]");
    house.put("team/open", &OPEN.replace("required = false", &timestamp));
    house.load().await;
    house
}

#[tokio::test]
async fn others_are_asked_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let (theirs, url, stop) = stranger(&folder).await;
    let file = folder.path().join("others.pem");
    let lines = format!("external_ca_file = {:?}\nallow = [\"127.0.0.0/8\"]\n", file.display().to_string());
    let house = without_our_own(&lines, &format!("\"http://127.0.0.1:9/\", {url:?}")).await;
    for format in STAMPED {
        let item = item(&house, format).await;
        assert!(item["timestamp"]["serial"].is_string(), "{format}: {item}");
    }
    // Whoever is asked for timestamps is believed when signatures are judged.
    let (_, report) = verification::judged(&house, "b").await;
    assert_eq!((&report["findings"]["timestamp"], &report["accepted"]), (&"proved".into(), &true.into()), "{report}");
    assert_eq!(pem::certificates(&theirs.app.authorities.roots_pem()).unwrap().len(), 1);
    stop.cancel();
}

#[tokio::test]
async fn strangers_and_forbidden_addresses_are_not_believed_and_the_request_waits() {
    let folder = tempfile::tempdir().unwrap();
    let (_theirs, url, _stop) = stranger(&folder).await;
    for (lines, words) in
        [("allow = [\"127.0.0.0/8\"]\n", "the authority of the timestamp"), ("", "timestamp.allow and timestamp.deny")]
    {
        let house = without_our_own(lines, &format!("{url:?}")).await;
        let token = house.token(json!({"aud": "signet-tests"}));
        let made = house.submit(&token, &files("team/open", "cms-detached", &["a"])).await;
        house.process().await;
        let shown = house.shown(made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap()).await;
        assert_eq!((&shown["state"], &shown["signed"]), (&"signing".into(), &0.into()), "{shown}");
        assert_eq!(shown["failure"]["retryable"], true);
        assert!(shown["failure"]["detail"].as_str().unwrap().contains(words), "{shown}");
    }
}

#[tokio::test]
async fn a_clock_that_is_not_believed_is_told_with_what_it_means_for_others() {
    let house = House::on(testing::configured("[timestamp]\nclock_sources = [\"127.0.0.1:9\"]\n").await).await;
    house.put("team/open", &OPEN.replace("required = false", "required = true\nexternal = [\"http://127.0.0.1:9/\"]"));
    house.load().await;
    let token = house.token(json!({"aud": "signet-tests"}));
    let made = house.submit(&token, &files("team/open", "cms-detached", &["a"])).await;
    house.process().await;
    let shown = house.shown(made["id"].as_str().unwrap(), made["request_token"].as_str().unwrap()).await;
    let words = "0 of 1 sources of time have answered within 3600s, and more than half have to (the timestamps of others \
                 are held against this clock too)";
    assert!(shown["failure"]["detail"].as_str().unwrap().contains(words), "{shown}");
}
