//! Each part shows what others wrote as text, and works without a script.

use super::chart::{Bars, Calendar, Fill, Rank, Ranking, Series, Sparkline};
use super::*;
use crate::frame::{EnvironmentKind, Frame};

const HOSTILE: &str = "\"'><script>alert(1)</script>&amp;";
const NOW: i64 = 1_782_907_200;

fn frame() -> Frame {
    Frame { csrf: "the-token".to_owned(), ..Frame::public("Example", NOW) }
}

fn moment() -> Moment {
    frame().moment(&NOW)
}

/// Every part, filled with what somebody hostile would write.
fn hostile() -> Vec<(&'static str, String)> {
    let h = || HOSTILE.to_owned();
    let choice = || Choice::new(h(), h()).explained(h());
    let values = || vec![Value::Quiet(h()), Value::Code(h()), Id::new(h(), h()).into(), Link::new("/", h()).into()];
    let act = || Act::post(&frame(), h(), h()).with(h(), h());
    let field = || Field::text(h(), h()).with_value(h()).with_hint(h()).with_error(Some(h())).with_placeholder(h());
    let area = || TextArea::new(h(), h()).with_value(h()).with_hint(h()).with_error(Some(h())).from_file(h(), h());
    let select = || Select::new(h(), h(), vec![choice()]).with_hint(h()).with_error(Some(h()));
    let empty = || Empty::new(h(), h()).with_recipes(vec![Recipe::lines(&h(), h()).then_text(h())]).with_act(act());
    let table = Table::new(h(), vec![Column::text(h())], vec![Row::to(h(), values()).selectable(h())])
        .with_id(h())
        .with_count(h())
        .with_chips(vec![Chip { label: h(), without: h() }])
        .with_pages(Some(h()), Some(h()))
        .with_selection(Selection { name: h(), form: h() });
    let event = Event::new(moment(), State::Good, h()).by(h()).because(h()).permitted_by(h());
    let series = Series::new(h(), Fill::Accent, vec![1]);
    vec![
        ("act", act().to_string()),
        ("link act", Act::open(h(), h()).to_string()),
        ("refused act", act().refused_because(Some(h())).to_string()),
        ("badge", Badge::new(State::Good, h()).to_string()),
        ("callout", {
            let callout = Callout::new(CalloutKind::Denied, h()).with_text(h()).with_points(values());
            callout.with_link(Link::new(h(), h())).with_request_id(Some(h())).to_string()
        }),
        ("danger", {
            let danger = Danger::new(&frame(), h(), h(), h(), values()).with_reason(select()).with_comment(area());
            danger.confirmed_by_typing(h(), Some(h())).with(h(), h()).or_back_to(h()).to_string()
        }),
        ("empty", empty().to_string()),
        ("facts", Facts(vec![Fact::new(h(), h()).with_gloss(h())]).to_string()),
        ("field", field().to_string()),
        ("figures", Figures(vec![Figure::new(1, h()).listed_at(h())]).to_string()),
        ("filter", Filter::new(h(), vec![Control::Words(field()), select().into()]).keeping(h(), h()).to_string()),
        ("headline", {
            let headline = Headline::new(h()).within(Link::new(h(), h())).with_badge(Badge::new(State::Soon, h()));
            headline.saying(h()).with_act(act()).to_string()
        }),
        ("id", Id::new(h(), h()).to_string()),
        ("lines", Lines::new(h(), h()).to_string()),
        ("link", Link::new(h(), h()).to_string()),
        ("select", select().to_string()),
        ("choices", Choices::any_of(h(), h(), vec![choice()]).with_hint(h()).with_error(Some(h())).to_string()),
        ("progress", Progress::new(h(), 1, 2).running_at(h()).to_string()),
        ("qr", Qr::new(h(), 1, vec![true]).to_string()),
        ("table", table.to_string()),
        ("empty table", Table::new(h(), Vec::new(), Vec::new()).or_empty(empty()).to_string()),
        ("tag", Tag::new(EnvironmentKind::Test, h()).to_string()),
        ("digest file", DigestFile::new(h(), h()).to_string()),
        ("tabs", Tabs::new(h(), vec![Tab::new(h(), h()).counting(1)]).to_string()),
        ("text area", area().to_string()),
        ("timeline", Timeline(vec![event.with_link(Link::new(h(), h()))]).to_string()),
        ("value", Value::Lines(vec![Value::Sentence(values()), Value::from(h()).with_under(h())]).to_string()),
        ("bars", Bars::new(h(), h(), vec![h()], vec![series]).to_string()),
        ("ranking", Ranking::new(h(), h(), vec![Rank::new(h(), 1).listed_at(h())]).to_string()),
        ("calendar", Calendar::new(h(), h(), NOW, vec![1]).to_string()),
        ("sparkline", Sparkline::new(h(), h(), vec![(h(), Some(1.0))]).to_string()),
    ]
}

#[test]
fn what_others_wrote_is_text_in_every_part() {
    for (part, html) in hostile() {
        assert!(!html.contains("<script"), "{part}: {html}");
        assert!(!html.contains("alert(1)</"), "{part}: {html}");
        assert!(!html.contains("\"'>"), "{part}: {html}");
        assert!(html.contains("&#60;script&#62;"), "{part} shows it: {html}");
    }
}

#[test]
fn a_form_carries_the_token_of_its_page() {
    let token = "name=\"csrf\" value=\"the-token\"";
    assert!(Act::post(&frame(), "Go", "/go").to_string().contains(token));
    assert!(Danger::new(&frame(), "Go", "/go", "Go", Vec::new()).to_string().contains(token));
    assert!(!Act::open("Go", "/go").to_string().contains("the-token"));
}

#[test]
fn a_refused_act_cannot_be_sent_and_says_why() {
    let html = Act::post(&frame(), "Approve", "/approve").refused_because(Some("You submitted it.")).to_string();
    assert!(html.contains("disabled") && html.contains("You submitted it."), "{html}");
    assert!(!html.contains("<form"), "{html}");
}

#[test]
fn a_link_cannot_run_a_script() {
    for address in ["javascript:alert(1)", "data:text/html,x", "//evil.example", " /x", ""] {
        assert_eq!(Link::new(address, "x").to_string(), "x", "{address}");
    }
    assert_eq!(Link::new("/a?b=1&c", "x").to_string(), "<a href=\"/a?b=1&#38;c\">x</a>");
}

#[test]
fn a_long_id_shows_its_ends_and_copies_whole() {
    let html = Id::new("serial number", "0123456789abcdef0123456789abcdef").to_string();
    assert!(html.contains(">01234567…89abcdef<"), "{html}");
    assert!(html.contains("data-copy=\"0123456789abcdef0123456789abcdef\""), "{html}");
    assert!(Id::new("account", "7f3a").to_string().contains("<code>7f3a</code>"));
}

#[test]
fn numbers_have_their_thousands_apart() {
    let texts = [0, 999, 1_000, 1_204_331].map(|number| Value::Number(number).to_string());
    assert_eq!(texts, ["0", "999", "1,000", "1,204,331"]);
}

#[test]
fn a_password_is_never_sent_back() {
    let html = Field::password("password", "Password", "current-password").with_value("secret").to_string();
    assert!(!html.contains("secret") && html.contains("autocomplete=\"current-password\""), "{html}");
}

#[test]
fn an_error_is_tied_to_its_field() {
    let html = Field::text("name", "Name").with_hint("As signed").with_error(Some("Too long")).to_string();
    assert!(html.contains("aria-invalid=\"true\" aria-describedby=\"field-name-hint field-name-error\""), "{html}");
    assert!(html.contains("id=\"field-name-error\">Too long"), "{html}");
    assert!(!Field::text("name", "Name").to_string().contains("aria-"));
}

#[test]
fn a_text_area_keeps_a_leading_line_break() {
    // HTML drops the first line break of a text area; ours is the one that is dropped.
    let html = TextArea::new("csr", "CSR").with_value("\nfirst").to_string();
    assert!(html.contains(">\n\nfirst</textarea>"), "{html}");
}

#[test]
fn what_runs_asks_again_and_what_is_done_does_not() {
    let done = Progress::new("Done", 2, 2);
    assert!(!done.to_string().contains("hx-get") && done.reload().to_string().is_empty());
    let running = Progress::new("Half", 1, 2).running_at("/jobs/1");
    assert!(running.to_string().contains("hx-get=\"/jobs/1\" hx-trigger=\"every 1s\""));
    assert!(running.reload().to_string().contains("http-equiv=\"refresh\""));
}

#[test]
fn a_chart_without_numbers_says_so() {
    let empty = Bars::new("t", "Day", vec!["a".to_owned()], vec![Series::new("issued", Fill::Accent, vec![0])]);
    assert!(empty.to_string().contains("Nothing in this time") && !empty.to_string().contains("<svg"));
    assert!(Ranking::new("t", "Key", Vec::new()).to_string().contains("Nothing to count yet"));
    assert!(Sparkline::new("t", "ms", Vec::new()).to_string().contains("Nothing was measured yet"));
}

#[test]
fn a_small_count_beside_a_large_one_is_seen() {
    let (many, one) = (Series::new("issued", Fill::Accent, vec![10_000]), Series::new("failed", Fill::Accent, vec![1]));
    let html = Bars::new("t", "Day", vec!["a".to_owned()], vec![many, one]).to_string();
    assert!(html.contains("height=\"2\""), "{html}");
}
