//! The pages with what others may write into them, and what they say and offer.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::samples::{self, ID};
use super::*;

const HOSTILE: &str = "\"'><script>alert(1)</script>";

fn request() -> SigningRequestPage {
    samples::request("")
}

#[test]
fn whatever_others_write_stays_text_on_every_page() {
    let stale = SigningRequestPage {
        was_stale: true,
        comment: Some((HOSTILE.to_owned(), HOSTILE.to_owned())),
        glass_form: Some((HOSTILE.to_owned(), HOSTILE.to_owned())),
        ..samples::request(HOSTILE)
    };
    let outcome = Some(HOSTILE.to_owned());
    let rejected = SigningRequestPage { state: "rejected".to_owned(), outcome, ..samples::running(HOSTILE) };
    let state = SigningRequestPage { state: HOSTILE.to_owned(), ..samples::running(HOSTILE) };
    let refused = |page: GrantsPage| GrantsPage { no_create: Some(HOSTILE.to_owned()), ..page };
    let problem = || Some(HOSTILE.to_owned());
    let pages = [
        samples::inbox(HOSTILE).render().unwrap(),
        samples::request(HOSTILE).render().unwrap(),
        stale.render().unwrap(),
        rejected.render().unwrap(),
        state.render().unwrap(),
        samples::signed(HOSTILE).render().unwrap(),
        samples::failed(HOSTILE).render().unwrap(),
        samples::profiles(HOSTILE).render().unwrap(),
        samples::profile(HOSTILE).render().unwrap(),
        samples::grants(HOSTILE).render().unwrap(),
        refused(samples::grants(HOSTILE)).render().unwrap(),
        samples::ledger(HOSTILE).render().unwrap(),
        LedgerPage { problem: problem(), ..samples::ledger(HOSTILE) }.render().unwrap(),
        samples::verify(HOSTILE).render().unwrap(),
        VerifyPage { problem: problem(), ..samples::verify(HOSTILE) }.render().unwrap(),
    ];
    for html in pages {
        assert!(!html.contains("<script>alert") && !html.contains("\"'>"), "{html}");
        assert!(html.contains("&#60;script&#62;"), "{html}");
        assert!(!html.contains(" style=") && !html.contains("onclick"), "nothing inline");
    }
    let table = samples::dying(HOSTILE).table(&samples::frame()).to_string();
    assert!(!table.contains("<script>") && table.contains("&#60;script&#62;"), "{table}");
}

#[test]
fn a_claimed_link_runs_no_script() {
    let mut page = request();
    page.provenance.run_url = Some("javascript:alert(1)".to_owned());
    let html = page.render().unwrap();
    assert!(!html.contains("javascript:") && html.contains("run 9182736455"), "{html}");
}

#[test]
fn a_request_says_how_it_stands_and_an_approval_repeats_the_digest_set() {
    let html = request().render().unwrap();
    for expected in [
        "It has 1 of 3 approvals",
        "for 2,690 signatures under",
        "value=\"approve\"",
        "value=\"reject\"",
        &format!("name=\"digest_set\" value=\"{}\"", request().digest_set),
        "does not count: the person lost the role approver",
        "href=\"https://github.com/example/payments/actions/runs/9182736455\"",
        "and 23 more",
        "only who asked or an administrator gives it up",
    ] {
        assert!(html.contains(expected), "{expected}\n{html}");
    }
    assert!(!html.contains("bundle.zip") && !html.contains("http-equiv=\"refresh\""), "{html}");
}

#[test]
fn who_may_not_approve_reads_why_and_has_no_button() {
    let why = Some("nobody approves what they asked for themself".to_owned());
    let refusals = SigningRefusals { approve: why.clone(), reject: why.clone(), cancel: None, break_glass: why };
    let html = SigningRequestPage { refusals, ..request() }.render().unwrap();
    assert!(html.contains("You cannot approve it: nobody approves"), "{html}");
    assert!(!html.contains("name=\"decision\"") && !html.contains("break-glass"), "{html}");
}

#[test]
fn a_decision_about_other_digests_is_said_first() {
    let html = SigningRequestPage { was_stale: true, ..request() }.render().unwrap();
    let (said, approvals) = (html.find("the digests differ").unwrap(), html.find("id=\"approvals\"").unwrap());
    assert!(said < approvals, "{html}");
}

#[test]
fn while_it_is_signed_the_page_asks_again_with_and_without_a_script() {
    let mut page = samples::running("");
    let html = page.render().unwrap();
    assert!(html.contains(&format!("hx-get=\"/signing/{ID}\" hx-trigger=\"every 1s\"")), "{html}");
    assert!(html.contains("http-equiv=\"refresh\"") && html.contains("Signing: 312 of 3,000 items"), "{html}");
    assert!(!html.contains("name=\"decision\"") && !html.contains("break-glass"), "{html}");
    page.items.after = 50;
    assert!(page.render().unwrap().contains(&format!("hx-get=\"/signing/{ID}?after=50\"")));
}

#[test]
fn a_signed_request_gives_all_signatures_and_each() {
    let html = samples::signed("").render().unwrap();
    assert!(html.contains(&format!("/signing/{ID}/bundle.zip")), "{html}");
    assert!(html.contains(&format!("/signing/{ID}/items/12/signature")), "{html}");
    assert!(html.contains(&format!("/certificates/{ID}")) && !html.contains("/cancel"), "{html}");
}

#[test]
fn three_thousand_items_come_in_pages() {
    let mut items = samples::items("", 3_000, 0);
    let html = items.table("/r", false).to_string();
    assert!(
        html.contains("1 to 50 of 3,000") && html.contains("href=\"/r?after=50\"") && html.contains("Start"),
        "{html}"
    );
    for row in &mut items.rows {
        row.number += 2_950;
    }
    items.after = 2_950;
    let html = items.table("/r", false).to_string();
    assert!(
        html.contains("2,951 to 3,000 of 3,000") && html.contains("href=\"/r?after=2900\"") && html.contains("End")
    );
    let few = samples::items("", 12, 0).table("/r", false).to_string();
    assert!(few.contains("12 items") && !few.contains("<nav"), "{few}");
}

#[test]
fn glass_is_broken_with_a_reason_for_what_is_seen_and_by_typing_the_profile() {
    let html = request().render().unwrap();
    let form = html.split_once("/break-glass\"").unwrap().1.split_once("</form>").unwrap().0;
    assert!(form.contains(&request().digest_set) && form.contains("name=\"reason\""), "{form}");
    assert!(form.contains("data-confirm=\"payments/release-win\"") && form.contains("2,690 items are signed at once"));
    let glass_form = Some(("because".to_owned(), "that is another name".to_owned()));
    let html = SigningRequestPage { glass_form, ..request() }.render().unwrap();
    assert!(html.contains("that is another name") && html.contains("because</textarea>"), "{html}");
}

#[test]
fn a_failure_says_whether_it_goes_on_by_itself() {
    let html = samples::failed("").render().unwrap();
    assert!(html.contains("may be asked for again") && html.contains("glass was broken"), "{html}");
    let failure = Some(FailureView { detail: "the HSM is away".to_owned(), retryable: true });
    let html = SigningRequestPage { failure, ..samples::running("") }.render().unwrap();
    assert!(html.contains("The HSM is away. It goes on by itself"), "{html}");
}

#[test]
fn an_empty_list_teaches_the_line_for_this_server() {
    let empty = SigningInboxPage { waiting: Vec::new(), waiting_total: 0, rows: Vec::new(), ..samples::inbox("") };
    let html = empty.render().unwrap();
    let line = "signet-sign sign --server https://ca.example.org:8443 --profile payments/release-win";
    assert!(html.contains(line) && html.contains("SIGNET_ID_TOKEN"), "{html}");
    assert!(html.contains("Nothing waits for your approval."), "{html}");
    let narrowed = SigningInboxPage { state: "failed".to_owned(), ..empty };
    assert!(!narrowed.render().unwrap().contains("signet-sign"));
}

#[test]
fn rules_read_as_sentences() {
    let html = samples::profile("").render().unwrap();
    let text = html.replace("<code>", "").replace("</code>", "");
    for expected in [
        "A job of GitHub Actions, with a token for this server, if its claim repository_id is 123456 and its claim ref is \
         like refs/tags/v* and its claim ref_protected is true.",
        "A job whose token was issued by https://gitlab.example.org, with a token for https://ca.example.org",
        "A machine with a client certificate by issuing whose alternative name is uri:spiffe://example.org/build/*.",
        "Whoever has an API token with the scope “signing” and the role operator.",
        "2 people with the role approver, then one person with the role security-officer",
        "This profile is frozen",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn a_grant_says_what_is_left_and_can_be_revoked_while_it_lasts() {
    let html = samples::grants("").render().unwrap();
    assert_eq!(html.matches(&format!("/signing/grants/{ID}/revoke")).count(), 1, "{html}");
    for word in ["in force", "spent", "over", "revoked", "One grant on this page is in force."] {
        assert!(html.contains(word), "{word}\n{html}");
    }
    let no_revoke = Some("no".to_owned());
    assert!(!GrantsPage { no_revoke, ..samples::grants("") }.render().unwrap().contains("/revoke"));
}

#[test]
fn the_ledger_answers_yes_no_and_withdrawn() {
    let found = samples::ledger("");
    let html = found.render().unwrap();
    assert!(
        html.contains("Yes: we signed it 3 times") && html.contains("One of the signatures is withdrawn"),
        "{html}"
    );
    let gone = LedgerPage { rows: vec![found.rows[1].clone()], ..found.clone() };
    assert!(gone.render().unwrap().contains("It was signed, and that was withdrawn"));
    let by_file = LedgerPage { rows: vec![LedgerRow { by_file: true, ..found.rows[0].clone() }], ..found.clone() };
    assert!(by_file.render().unwrap().contains("hash of the whole file as whoever asked"));
    let none = LedgerPage { rows: Vec::new(), ..found.clone() };
    assert!(none.render().unwrap().contains("No: nothing here covers this digest"));
    let wrong = LedgerPage { problem: Some("63 digits are no digest".to_owned()), rows: Vec::new(), ..found };
    let html = wrong.render().unwrap();
    assert!(html.contains("63 digits are no digest") && !html.contains("No: nothing"), "{html}");
    let nothing = LedgerPage { digest: String::new(), problem: None, rows: Vec::new(), ..samples::ledger("") };
    assert!(nothing.render().unwrap().contains("sha256sum app.tar.gz"));
}

#[test]
fn a_report_says_what_each_family_of_verifiers_says() {
    let mut page = samples::verify("");
    let html = page.render().unwrap();
    assert!(html.contains("Some accept this signature, and some do not") && html.contains("osslsigncode"), "{html}");
    for (accepts, words) in [(true, "Everybody accepts"), (false, "Nobody accepts")] {
        page.report.as_mut().unwrap().families.iter_mut().for_each(|family| family.accepts = accepts);
        assert!(page.render().unwrap().contains(words));
    }
}

#[test]
fn what_dies_with_a_certificate_is_counted() {
    let dying = samples::dying("");
    let said = dying.consequence().to_string();
    assert!(said.contains("All 2,690 signatures") && said.contains("those with a timestamp"), "{said}");
    assert!(dying.table(&samples::frame()).to_string().contains("The newest 3 of 2,690"));
    assert!(dying.callout(true).to_string().contains("These signatures are withdrawn"));
}
