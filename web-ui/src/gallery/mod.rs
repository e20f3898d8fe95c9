//! Every part on pages like those of an installation, written to `target/gallery` for whoever wants to look at them:
//! `cargo test -p web-ui gallery`, then open `target/gallery/overview.html`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod clients;
mod overview;
mod pages;
mod requests;
mod signing;

use std::fs;
use std::path::{Path, PathBuf};

use askama::Template;

use crate::assets::ASSETS;
use crate::frame::{Environment, EnvironmentKind, Frame, OperatorBadge, Section};
use crate::parts::chart::{Bars, Calendar, Fill, Rank, Ranking, Series, Sparkline};
use crate::parts::{
    Act, Badge, Callout, CalloutKind, Chip, Choice, Choices, Column, Control, Danger, Empty, Event, Exact, Fact, Facts,
    Field, Figure, Figures, Filter, Headline, Id, Lines, Link, Progress, Qr, Recipe, Row, Select, Selection, State,
    Tab, Table, Tabs, TextArea, Timeline, Value,
};

const NOW: i64 = 1_782_907_200;
const DAY: i64 = 86_400;

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% extends "base.html" %}{% block title %}{{ title }}{% endblock %}{% block content %}{{ body|safe }}{% endblock %}"#
)]
struct Page {
    frame: Frame,
    title: &'static str,
    body: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/gallery")
}

fn frame(section: Section, kind: EnvironmentKind) -> Frame {
    Frame {
        section,
        environment: Some(Environment { name: kind.word().to_owned(), kind }),
        operator: Some(OperatorBadge { name: "ada".to_owned(), roles: vec!["approver".to_owned()] }),
        csrf: "token".to_owned(),
        ..Frame::public("Example CA", NOW)
    }
}

fn write(name: &str, frame: Frame, title: &'static str, body: String) {
    save(name, &Page { frame, title, body }.render().unwrap());
}

/// A page of the gallery; a page's own tests may add theirs.
pub(crate) fn save(name: &str, html: &str) {
    assert!(html.len() < 100 * 1024, "{name}: {} bytes", html.len());
    fs::create_dir_all(folder().join("assets")).unwrap();
    for asset in ASSETS {
        fs::write(folder().join(asset.path.trim_start_matches('/')), asset.bytes).unwrap();
    }
    fs::write(folder().join(format!("{name}.html")), html.replace("\"/assets/", "\"assets/")).unwrap();
}

#[test]
fn gallery_overview() {
    let frame = frame(Section::Overview, EnvironmentKind::Production);
    let headline = Headline::new("Two things need a person").saying("Everything else works.");
    let callouts = format!(
        "{}{}",
        Callout::new(CalloutKind::Warning, "payments.internal was not renewed")
            .with_text("Its client usually renews 30 days before the end; 12 are left.")
            .with_link(Link::new("/certificates/3c9e", "The certificate and its client")),
        Callout::new(CalloutKind::Waiting, "3 requests wait for an approval")
            .with_link(Link::new("/requests?state=pending", "Look at them")),
    );
    let figures = Figures(vec![
        Figure::new(1_204_331, "valid certificates").listed_at("/certificates"),
        Figure::new(214, "expire within 30 days").listed_at("/certificates?expires=30d"),
        Figure::new(3, "wait for an approval").listed_at("/requests"),
        Figure::new(12, "revoked this month"),
    ]);
    let day = |index: i64| crate::moment::Moment { at: NOW + index * DAY, now: NOW }.date()[5..].to_owned();
    let issued = (0..30).map(|index| (index * 7919 % 83) + 20).collect();
    let failed = (0..30).map(|index| if index % 7 == 3 { index / 2 } else { 0 }).collect();
    let bars = Bars::new(
        "1,804 certificates issued in 30 days; 33 orders failed",
        "Day",
        (-29..=0).map(day).collect(),
        vec![
            Series::new("issued", Fill::State(State::Good), issued),
            Series::new("failed", Fill::State(State::Broken), failed),
        ],
    );
    let calendar = Calendar::new(
        "214 certificates expire within 30 days, most on 14 July",
        "certificates expire",
        NOW,
        (0..180_u64).map(|index| if index == 13 { 60 } else { (index * index * 31 % 17).saturating_sub(6) }).collect(),
    );
    let ranking = Ranking::new(
        "Nine keys of ten are elliptic curve keys",
        "Key algorithm",
        vec![
            Rank::new("ECDSA P-256", 1_084_102).listed_at("/certificates?key=p256"),
            Rank::new("RSA 2048", 93_400),
            Rank::new("Ed25519", 26_829),
            Rank::new("RSA 1024", 12).filled(Fill::State(State::Broken)),
        ],
    );
    let points: Vec<_> = (0..60)
        .map(|minute| (format!("{minute} min"), (minute % 23 != 9).then_some(3.0 + f64::from(minute * 37 % 11) * 0.4)))
        .collect();
    let sparkline = Sparkline::new("The HSM signs in 4.8 ms, 7 ms at worst", "ms", points);
    let body = format!(
        "{headline}{callouts}{figures}{bars}<div class=\"columns\"><div>{calendar}</div><div>{ranking}{sparkline}</div></div>"
    );
    write("overview", frame, "Overview", body);
}

fn rows(frame: &Frame) -> Vec<Row> {
    let row = |(name, state, word, days, serial): (&str, State, &str, i64, &str)| {
        Row::to(
            format!("/certificates/{serial}"),
            vec![
                Value::from(name).with_under(Value::from("www.internal, mail.internal and 3 more")),
                Badge::new(state, word).into(),
                frame.moment(&(NOW + days * DAY)).into(),
                "issuing".into(),
                Id::new("serial number", serial).into(),
                Value::Number(days.unsigned_abs() * 31),
            ],
        )
        .selectable(serial)
    };
    [
        ("web-1.internal", State::Good, "valid", 61, "3c9e51b07a4f4c1f9d2e0a6b8e4d7f10"),
        ("payments.internal", State::Soon, "expires soon", 12, "7f3a51b07a4f4c1f9d2e0a6b8e4d7f11"),
        ("old.internal", State::Broken, "expired", -3, "0a1b51b07a4f4c1f9d2e0a6b8e4d7f12"),
        ("stolen.internal", State::Revoked, "revoked", 40, "99ab51b07a4f4c1f9d2e0a6b8e4d7f13"),
        ("a-very-long-name-of-a-host-in-some-department.region.internal", State::Neutral, "replaced", 20, "55cd"),
    ]
    .map(row)
    .into()
}

#[test]
fn gallery_list() {
    let frame = frame(Section::Certificates, EnvironmentKind::Test);
    let headline = Headline::new("Certificates")
        .saying("Every certificate that this installation issued.")
        .with_act(Act::open("Request one", "/requests/new").primary());
    let states = ["any state", "valid", "expires soon", "revoked"].map(|word| Choice::new(word, word));
    let filter = Filter::new(
        "/certificates",
        vec![
            Control::Words(Field::search("q", "Name, serial, fingerprint, owner").with_value("internal")),
            Select::new("state", "State", states.into()).into(),
            Select::new("issuer", "Issuer", vec![Choice::new("", "any issuer"), Choice::new("a", "issuing")]).into(),
        ],
    );
    let columns = vec![
        Column::text("Name"),
        Column::tight("State"),
        Column::tight("Ends"),
        Column::tight("Issuer"),
        Column::tight("Serial"),
        Column::number("Renewals"),
    ];
    let chip = Chip { label: "owner: platform".to_owned(), without: "/certificates?q=internal".to_owned() };
    let table = Table::new("Certificates", columns, rows(&frame))
        .with_count("5 of 1,204,331")
        .with_chips(vec![chip])
        .with_pages(None, Some("/certificates?after=x".to_owned()))
        .with_selection(Selection { name: "serial".to_owned(), form: "bulk".to_owned() });
    let bulk = "<form id=\"bulk\" class=\"acts\" method=\"get\" action=\"/certificates/revoke\"><button class=\"danger\">Revoke selected …</button></form>";
    write("list", frame, "Certificates", format!("{headline}{filter}{table}{bulk}"));
}

#[test]
fn gallery_thing() {
    let frame = frame(Section::Certificates, EnvironmentKind::Staging);
    let sentence = Value::Sentence(vec![
        "Valid for 61 days, issued to web-1.internal by ".into(),
        Link::new("/authorities/issuing", "Issuing CA").into(),
        " through ACME account ".into(),
        Link::new("/clients/acme/accounts/7f3a", "7f3a").into(),
        ", replaces ".into(),
        Link::new("/certificates/3c9d", "3c9d").into(),
        ".".into(),
    ]);
    let headline = Headline::new("web-1.internal")
        .within(Link::new("/certificates", "Certificates"))
        .with_badge(Badge::new(State::Good, "valid"))
        .saying(sentence)
        .with_act(Act::download("Download", "/certificates/3c9e.pem"))
        .with_act(Act::post(&frame, "Renew soon", "/certificates/3c9e/renew-soon"))
        .with_act(Act::open("Revoke …", "/certificates/3c9e/revoke").danger());
    let tabs = Tabs::new(
        "Certificate",
        vec![
            Tab::new("Facts", "#").here_if(true),
            Tab::new("History", "#").counting(4),
            Tab::new("Requests by REST", "#"),
        ],
    );
    let facts = Facts(vec![
        Fact::new("Subject", "CN=web-1.internal, O=Example"),
        Fact::new("Names", Value::Lines(vec!["web-1.internal".into(), "www.internal".into(), "10.0.0.7".into()])),
        Fact::new("Valid until", Value::from(frame.moment(&(NOW + 61 * DAY)))),
        Fact::new("Issued", Exact(frame.moment(&(NOW - 29 * DAY)))),
        Fact::new("Key", "ECDSA P-256").with_gloss("An elliptic curve key, as strong as RSA with 3072 bits."),
        Fact::new("Serial number", Id::new("serial number", "3c9e51b07a4f4c1f9d2e0a6b8e4d7f10")),
        Fact::new("Owner", Value::Absent),
    ]);
    let timeline = Timeline(vec![
        Event::new(frame.moment(&(NOW - 3_600)), State::Soon, "Renewal asked for")
            .by("ada, operator")
            .because("The key may have been copied with the backup of 12 June.\nSee ticket 4711."),
        Event::new(frame.moment(&(NOW - 29 * DAY)), State::Good, "Issued")
            .by(Link::new("/clients/acme/accounts/7f3a", "ACME account 7f3a"))
            .permitted_by("acme-finalize")
            .with_link(Link::new("/clients/acme/orders/1", "Order 51b0")),
        Event::new(frame.moment(&(NOW - 29 * DAY - 40)), State::Pending, "Ordered").by("ACME account 7f3a"),
        Event::new(frame.moment(&(NOW - 30 * DAY)), State::Broken, "Order failed")
            .because("http-01: connection refused by 10.0.0.7 port 80"),
    ]);
    let pem = Lines::new(
        "the certificate",
        "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUPJ5RsHpPTB+dLgpriU1/EDAKBggqhkjOPQQDAjAVMRMw\n-----END CERTIFICATE-----",
    );
    let body = format!(
        "{headline}{tabs}<div class=\"columns\"><div>{facts}<details class=\"fold\"><summary>As text</summary>{pem}</details></div><div><h2>History</h2>{timeline}</div></div>"
    );
    write("thing", frame, "web-1.internal", body);
}

#[test]
fn gallery_forms() {
    let frame = frame(Section::Requests, EnvironmentKind::Production);
    let headline = Headline::new("Request a certificate").within(Link::new("/requests", "Requests"));
    let denied = Callout::new(CalloutKind::Denied, "This CSR cannot be used")
        .with_text("Nothing was submitted. Two rules say no:")
        .with_points(vec!["The key is RSA with 1024 bits; the profile asks for 2048 at least.".into()])
        .with_request_id(Some("0197c2a4-5b1e-7d30-9c1f-2a6b8e4d7f10"));
    let csr = TextArea::new("csr", "Certificate signing request")
        .literal()
        .with_rows(6)
        .from_file(".pem,.csr,.der", "CERTIFICATE REQUEST")
        .with_hint("PEM, as OpenSSL writes it; a file may be dropped here.")
        .with_error(Some("This is a certificate, not a request for one."));
    let name = Field::text("owner", "Owner").with_hint("Who is told before it expires").with_value("platform");
    let mail = Field::email("mail", "E-mail").optional();
    let profile =
        Select::new("profile", "Profile", vec![Choice::new("a", "tls-server"), Choice::new("b", "tls-client")]);
    let scopes = Choices::any_of(
        "scopes",
        "Scopes",
        vec![
            Choice::new("read", "read").explained("Everything that an auditor sees").chosen_if(true),
            Choice::new("administer", "administer").explained("Your roles do not include it").refused_if(true),
        ],
    );
    let days = Choices::one_of(
        "days",
        "Valid for",
        vec![Choice::new("90", "90 days").chosen_if(true), Choice::new("365", "a year")],
    );
    let body = format!(
        "{headline}{denied}<form class=\"form wide\" method=\"post\">{csr}<div class=\"columns\"><div>{name}{mail}</div><div>{profile}{days}</div></div>{scopes}<div class=\"form-end\"><button class=\"primary\">Check it</button> <a href=\"/requests\">Go back</a></div></form>"
    );
    write("forms", frame, "Request a certificate", body);
}

#[test]
fn gallery_danger() {
    let frame = frame(Section::Certificates, EnvironmentKind::Production);
    let reasons = vec![Choice::new("4", "superseded"), Choice::new("1", "key compromise")];
    let danger = Danger::new(
        &frame,
        "Revoke 3 certificates",
        "/certificates/revoke",
        "Revoke 3 certificates",
        vec![
            "Clients that ask for the state refuse them from the next list on, in 12 minutes at most.".into(),
            "web-1.internal has no other valid certificate: it stops to work.".into(),
            "This cannot be undone.".into(),
        ],
    )
    .with_reason(Select::new("reason", "Reason", reasons))
    .with_comment(TextArea::new("comment", "Comment").with_hint("Stands in the audit"))
    .confirmed_by_typing("web-1.internal", None::<String>)
    .or_back_to("/certificates");
    let acts = format!(
        "<div class=\"acts\">{}{}{}</div>",
        Act::post(&frame, "Publish now", "#").primary(),
        Act::open("Plain", "#"),
        Act::post(&frame, "Approve", "#").refused_because(Some("You submitted it yourself: another approver has to."))
    );
    let progress = Progress::new("Revoking: 312 of 1,000 done, 2 failed", 312, 1_000);
    let done = Callout::new(CalloutKind::Done, "3 certificates are revoked")
        .with_text("The list that says so is published in 12 minutes.")
        .with_link(Link::new("/authorities/issuing", "Publish it now"));
    let note = Callout::new(CalloutKind::Note, "The key was made here")
        .with_text("It is delivered once, as PKCS#12, and then erased.");
    write("danger", frame, "Revoke", format!("<h1>Revoke</h1>{done}{note}{acts}<h2>Progress</h2>{progress}{danger}"));
}

#[test]
fn gallery_small() {
    let frame = frame(Section::Clients, EnvironmentKind::Test);
    let states = [State::Good, State::Soon, State::Broken, State::Revoked, State::Pending, State::Neutral]
        .map(|state| Badge::new(state, state.class()).to_string());
    let empty = Empty::new("No client has an account yet", "An account comes into being with the first certificate:")
        .with_recipes(vec![
            Recipe::lines("certbot", "certbot certonly --standalone --server https://ca.example.org/directory"),
            Recipe::lines("lego", "lego --server https://ca.example.org/directory run"),
        ])
        .with_act(Act::open("Create a binding …", "/clients/bindings").primary());
    let qr = Qr::new("Secret for an authenticator", 25, (0..625).map(|index| index * 7919 % 5 < 2).collect());
    let nothing = Table::new("Accounts", vec![Column::text("Name")], Vec::new()).or_empty(empty);
    let body = format!("<h1>Small parts</h1><p>{}</p>{qr}<section>{nothing}</section>", states.join(" "));
    write("small", frame, "Small parts", body);
}
