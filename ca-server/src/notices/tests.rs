//! Webhooks against a real HTTP server, by a clock that the test moves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::NoticeKind;
use crate::ops::diagnosis;
use crate::ops::notice::{self, Notice};
use crate::store::fields::NoticeState;
use crate::store::notice as stored;
use crate::testing::{self, Installation, local_root};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// What came to the server: head and body of each request.
type Requests = Arc<Mutex<Vec<(String, String)>>>;

/// Answers each request with the next of these status lines, the last one for ever.
async fn server(statuses: &'static [&'static str]) -> (u16, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, requests) = (listener.local_addr().unwrap().port(), Requests::default());
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut octets = Vec::new();
            let request = loop {
                let mut part = [0; 4096];
                let length = stream.read(&mut part).await.unwrap();
                octets.extend_from_slice(&part[..length]);
                if let Some(request) = whole(&octets) {
                    break request;
                }
            };
            seen.lock().unwrap().push(request);
            let status = statuses[number.min(statuses.len() - 1)];
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (port, requests)
}

fn whole(octets: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8(octets.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length: usize = field(head, "content-length").parse().unwrap();
    (body.len() >= length).then(|| (head.to_owned(), body.to_owned()))
}

fn field(head: &str, name: &str) -> String {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("{name} in {head}")).split_once(": ").unwrap().1.to_owned()
}

/// An installation that tells a webhook of everything.
async fn telling(host: &str, port: u16, allow: &str) -> (Installation, tempfile::NamedTempFile) {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), SECRET).unwrap();
    let lines = format!(
        "[notices]\n{allow}\n[[notices.webhook]]\nname = \"chat\"\nurl = \"http://{host}:{port}/hook?key=k\"\n\
         secret_file = \"{}\"\n",
        secret.path().display()
    );
    (testing::configured(&lines).await, secret)
}

fn notice() -> Notice {
    Notice {
        kind: NoticeKind::RequestSubmitted,
        subject: "a.example.org waits".to_owned(),
        text: "ann asks".to_owned(),
        page: "/requests/r1".to_owned(),
        details: json!({ "names": ["a.example.org"] }),
        also_to: vec!["ann@example.org".to_owned()],
        once: None,
    }
}

async fn only(installation: &Installation) -> stored::Notice {
    installation.app.store.read(|c| stored::newest(c, 10)).await.unwrap().remove(0)
}

const THIS_MACHINE: &str = "allow = [\"127.0.0.0/8\", \"::1/128\"]";

#[tokio::test]
async fn a_webhook_is_told_with_a_signature_that_others_can_check() {
    let (port, requests) = server(&["204 No Content"]).await;
    let (installation, _secret) = telling("localhost", port, THIS_MACHINE).await;
    notice::enqueue(&installation.app, &notice()).await.unwrap();
    notice::send_due(&installation.app).await.unwrap();
    let (head, body) = requests.lock().unwrap().remove(0);
    assert!(head.starts_with("POST /hook?key=k HTTP/1.1"), "{head}");
    let sent: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&sent["event"], &sent["details"]["names"][0]), (&json!("request-submitted"), &json!("a.example.org")));
    assert_eq!(sent["url"], "https://ca.example.org:8443/requests/r1");
    assert_eq!(field(&head, "signet-delivery"), sent["id"].as_str().unwrap());
    assert_eq!(field(&head, "content-type"), "application/json");
    let signature = field(&head, "signet-signature");
    let (time, tag) = signature.split_once(",v1=").unwrap();
    let time = time.strip_prefix("t=").unwrap();
    assert_eq!(time, testing::BEGINNING.seconds().to_string());
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&tag[2 * at..2 * at + 2], 16).unwrap()).collect();
    hmac::verify(&key, format!("{time}.{body}").as_bytes(), &tag).unwrap();
    let row = only(&installation).await;
    assert_eq!((row.state, row.attempts), (NoticeState::Sent, 1), "no e-mail without a mail server");
}

#[tokio::test]
async fn what_does_not_arrive_is_tried_again_with_a_fresh_time() {
    let (port, requests) = server(&["500 No", "503 No", "200 OK"]).await;
    let (installation, _secret) = telling("127.0.0.1", port, THIS_MACHINE).await;
    notice::enqueue(&installation.app, &notice()).await.unwrap();
    for (wait, tries) in [(0, 1), (29, 1), (1, 2), (59, 2), (1, 3), (100_000, 3)] {
        installation.hand.advance(Duration::from_secs(wait));
        notice::send_due(&installation.app).await.unwrap();
        assert_eq!(requests.lock().unwrap().len(), tries, "after {wait} s more");
    }
    let seen = requests.lock().unwrap();
    let times: Vec<String> = seen.iter().map(|(head, _)| field(head, "signet-signature")[..12].to_owned()).collect();
    assert!(times[0] != times[1] && times[1] != times[2], "{times:?}");
    assert_eq!(field(&seen[0].0, "signet-delivery"), field(&seen[2].0, "signet-delivery"));
}

#[tokio::test]
async fn after_three_days_it_is_given_up() {
    let (port, requests) = server(&["500 No"]).await;
    let (installation, _secret) = telling("127.0.0.1", port, THIS_MACHINE).await;
    notice::enqueue(&installation.app, &notice()).await.unwrap();
    for _ in 0..40 {
        notice::send_due(&installation.app).await.unwrap();
        installation.hand.advance(Duration::from_secs(6 * 3600));
    }
    let row = only(&installation).await;
    assert_eq!(row.state, NoticeState::Failed);
    assert!(row.last_error.unwrap().contains("500"));
    let tries = requests.lock().unwrap().len();
    assert!((12..=14).contains(&tries), "{tries}");
}

#[tokio::test]
async fn a_redirect_and_a_closed_network_lead_nowhere() {
    let (port, requests) = server(&["307 Go\r\nLocation: http://127.0.0.1:1/"]).await;
    let (installation, _secret) = telling("127.0.0.1", port, THIS_MACHINE).await;
    notice::enqueue(&installation.app, &notice()).await.unwrap();
    notice::send_due(&installation.app).await.unwrap();
    assert!(only(&installation).await.last_error.unwrap().contains("307"));
    assert_eq!(requests.lock().unwrap().len(), 1);
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let (port, requests) = server(&["200 OK"]).await;
        let (installation, _secret) = telling(host, port, "").await;
        notice::enqueue(&installation.app, &notice()).await.unwrap();
        notice::send_due(&installation.app).await.unwrap();
        let error = only(&installation).await.last_error.unwrap();
        assert!(error.contains("permit") && !error.contains("key=k"), "{host}: {error}");
        assert!(requests.lock().unwrap().is_empty(), "{host}: nothing was sent");
    }
}

#[tokio::test]
async fn a_secret_that_can_be_guessed_signs_nothing() {
    let (port, requests) = server(&["200 OK"]).await;
    let (installation, secret) = telling("127.0.0.1", port, THIS_MACHINE).await;
    std::fs::write(secret.path(), "short").unwrap();
    notice::enqueue(&installation.app, &notice()).await.unwrap();
    notice::send_due(&installation.app).await.unwrap();
    let error = only(&installation).await.last_error.unwrap();
    assert!(error.contains("at least 32 characters") && !error.contains("short\n"), "{error}");
    assert!(requests.lock().unwrap().is_empty());
}

/// What the doctor says of the webhook.
async fn diagnosed(installation: &Installation) -> (bool, String) {
    let checks = diagnosis::diagnose(&installation.app, &local_root()).await;
    let check = checks.into_iter().find(|check| check.subject == "webhook chat").unwrap();
    (check.passed, check.detail)
}

#[tokio::test]
async fn the_doctor_knocks_and_sends_nothing() {
    let (port, requests) = server(&["200 OK"]).await;
    let (installation, secret) = telling("127.0.0.1", port, THIS_MACHINE).await;
    assert_eq!(diagnosed(&installation).await, (true, "can be connected to; nothing was sent".to_owned()));
    assert!(requests.lock().unwrap().is_empty());
    std::fs::write(secret.path(), "short").unwrap();
    let (passed, detail) = diagnosed(&installation).await;
    assert!(!passed && detail.contains("at least 32 characters"), "{detail}");
    for (host, port, allow, words) in [
        ("localhost", port, "", "permit none of [127.0.0.1"),
        ("127.0.0.1", port, "", "do not permit it"),
        ("127.0.0.1", 1, THIS_MACHINE, "refused"),
    ] {
        let (installation, _secret) = telling(host, port, allow).await;
        let (passed, detail) = diagnosed(&installation).await;
        assert!(!passed && detail.contains(words), "{words}: {detail}");
    }
}
