//! `[requests]`, `[signing]` and `[notices]`: what good files mean, and what bad ones are told.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::notices::NoticeKind;

const BASE: &str = r#"[server]
public_url = "https://ca.example.org:8443"
status_url = "http://ca.example.org:8080"
[[hsm]]
name = "local"
backend = "software"
path = "keys"
[[authority]]
name = "issuing"
hsm = "local"
"#;

const SMTP: &str = "[notices.smtp]\nhost = \"mail.example.org\"\nfrom = \"signet@example.org\"\n";

fn settings(more: &str) -> Result<Settings, ConfigError> {
    Settings::from_source(Source::from_text(Path::new("/srv/signet/signet.toml"), &format!("{BASE}{more}")))
}

#[test]
fn without_a_word_nobody_is_told_and_requests_live_for_two_weeks() {
    let settings = settings("").unwrap();
    assert!(settings.notices.smtp.is_none() && settings.notices.email.is_empty());
    assert!(settings.notices.webhooks.is_empty() && settings.notices.allow.is_none());
    assert_eq!(settings.requests.expires_after, Duration::from_secs(14 * 86_400));
    assert_eq!(settings.requests.keys_kept_for, Duration::from_secs(7 * 86_400));
}

#[test]
fn each_kind_of_protection_has_its_port() {
    for (tls, kind, port) in [
        ("", SmtpTls::StartTls, 587),
        ("tls = \"tls\"\n", SmtpTls::Implicit, 465),
        ("tls = \"none\"\n", SmtpTls::None, 25),
        ("tls = \"none\"\nport = 2525\n", SmtpTls::None, 2525),
    ] {
        let smtp = settings(&format!("{SMTP}{tls}")).unwrap().notices.smtp.unwrap();
        assert_eq!((smtp.tls, smtp.port), (kind, port), "{tls}");
    }
    let with = settings(&format!("{SMTP}username = \"u\"\npassword_file = \"p\"\n")).unwrap().notices.smtp.unwrap();
    assert_eq!(with.credentials, Some(("u".to_owned(), SecretSource::File("/srv/signet/p".into()))));
}

#[test]
fn who_hears_of_what() {
    let text = format!(
        "{SMTP}[[notices.email]]\nto = [\"a@example.org\"]\nevents = [\"request-issued\"]\n\
         [[notices.webhook]]\nname = \"chat\"\nurl = \"https://hooks.example.org/x\"\nsecret_env = \"HOOK\"\n"
    );
    let notices = settings(&text).unwrap().notices;
    assert_eq!(notices.email[0].events, [NoticeKind::RequestIssued]);
    assert_eq!(notices.webhook("chat").unwrap().events, NoticeKind::ALL);
    assert_eq!(notices.webhook("other"), None);
}

#[test]
fn bad_keys_are_refused_with_their_place() {
    let email = "[[notices.email]]\nto = [\"a@example.org\"]\n";
    let hook = "[[notices.webhook]]\nname = \"chat\"\nurl = \"https://h.example.org/\"\nsecret_env = \"HOOK\"\n";
    let cases = [
        ("[requests]\nexpires_after = \"1m\"\n".to_owned(), "requests.expires_after: people need at least an hour"),
        ("[signing]\npeople = { ann = [] }\n".to_owned(), "signing.people: say what CIs call \"ann\""),
        ("[signing]\ncanary_every = \"59s\"\n".to_owned(), "signing.canary_every: between 1m and 7d"),
        ("[signing]\ncanary_every = \"8d\"\n".to_owned(), "signing.canary_every: between 1m and 7d"),
        ("[signing]\ncanary_evry = \"1h\"\n".to_owned(), "did you mean `canary_every`"),
        ("[requests]\nexpire_after = \"1d\"\n".to_owned(), "did you mean `expires_after`"),
        ("[notices]\nallow = [\"10.0.0.1/8\"]\n".to_owned(), "notices.allow[0]"),
        (email.to_owned(), "notices.email: there is no [notices.smtp]"),
        (format!("{SMTP}[[notices.email]]\nto = []\n"), "notices.email[0].to: at least one address"),
        (format!("{SMTP}[[notices.email]]\nto = [\"nobody\"]\n"), "notices.email[0].to[0]"),
        (format!("{SMTP}{email}events = [\"request-isued\"]\n"), "did you mean `request-issued`"),
        (format!("{SMTP}{email}events = []\n"), "nothing would ever be sent"),
        (SMTP.replace("signet@example.org", "a\\r\\nBcc: x@example.org"), "notices.smtp.from"),
        (SMTP.replace("mail.example.org", "mail example"), "notices.smtp.host"),
        (format!("{SMTP}tls = \"ssl\"\n"), "none of starttls, tls, none"),
        (format!("{SMTP}username = \"u\"\n"), "notices.smtp.password_file: `username` is given"),
        (format!("{SMTP}password_env = \"P\"\n"), "notices.smtp.username: the password belongs to"),
        (format!("{SMTP}tls = \"none\"\nusername = \"u\"\npassword_env = \"P\"\n"), "anybody on the way"),
        (hook.replace("https:", "ftp:"), "notices.webhook[0].url: it must be an https or http URL"),
        (hook.replace("https://", "https://u:p@"), "a password does not belong here"),
        (hook.replace("secret_env = \"HOOK\"\n", ""), "notices.webhook[0].secret_file"),
        (hook.replace("\"chat\"", "\"My chat\""), "notices.webhook[0].name"),
        (format!("{hook}{hook}"), "`chat` is already the name of another one"),
    ];
    for (text, expected) in cases {
        let refusal = settings(&text).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{text}\n=> {refusal}");
    }
}
