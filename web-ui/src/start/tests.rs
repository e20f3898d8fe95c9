#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const NOW: i64 = 1_782_907_200;
const DAY: i64 = 86_400;

fn authority(name: &str, kind: AuthorityKind, years: i64) -> AuthorityView {
    AuthorityView {
        name: name.to_owned(),
        subject: format!("CN=Example {name}, O=Example"),
        fingerprint_sha256: std::array::from_fn(|index| (index * 37 + name.len() * 11) as u8),
        key_algorithm: "ECDSA P-256".to_owned(),
        not_before: NOW - 26 * 3_600,
        not_after: NOW + years * 365 * DAY,
        certificate_url: format!("http://ca.example.org:8080/aia/{name}.cer"),
        crl_url: format!("http://ca.example.org:8080/crl/{name}.crl"),
        crl_next_update: Some(NOW + if kind == AuthorityKind::Root { 364 } else { 6 } * DAY),
        kind,
    }
}

fn page() -> StartPage {
    let check = |subject: &str, detail: &str| HealthCheck {
        subject: subject.to_owned(),
        state: HealthState::Good,
        detail: detail.to_owned(),
    };
    let certbot =
        "certbot certonly --standalone --server https://ca.example.org:8443/acme/acme/directory -d host.example.org";
    StartPage {
        frame: Frame::public("Example CA", NOW),
        health: vec![check("Database", "SQLite"), check("HSM local", "signs in 2 ms")],
        authorities: vec![
            authority("issuing", AuthorityKind::IssuedBy("root".to_owned()), 10),
            authority("root", AuthorityKind::Root, 20),
        ],
        acme_endpoints: vec![endpoint()],
        root_pem_url: "http://ca.example.org:8080/roots.pem".to_owned(),
        clients: vec![
            Recipe::lines("certbot", format!("export REQUESTS_CA_BUNDLE=$PWD/root.pem\n{certbot}")),
            Recipe::lines(
                "lego",
                "LEGO_CA_CERTIFICATES=root.pem lego --accept-tos --http --domains host.example.org run",
            ),
        ],
    }
}

fn endpoint() -> EndpointView {
    EndpointView {
        name: "acme".to_owned(),
        directory_url: "https://ca.example.org:8443/acme/acme/directory".to_owned(),
        issuer: "issuing".to_owned(),
        profiles: vec!["tls-server".to_owned(), "tls-client".to_owned()],
        external_account_required: false,
    }
}

#[test]
fn the_whole_page() {
    insta::assert_snapshot!(crate::assets::without_digests(page().render().unwrap()));
}

#[test]
fn hostile_names_are_text() {
    let hostile = "\"><script>alert('x')</script>&amp;";
    let mut page = page();
    page.frame.installation_name = hostile.to_owned();
    page.root_pem_url = hostile.to_owned();
    page.health[0].detail = hostile.to_owned();
    page.clients[0] = Recipe::lines(hostile, hostile).then_text(hostile);
    page.acme_endpoints[0] = EndpointView {
        name: hostile.to_owned(),
        directory_url: hostile.to_owned(),
        issuer: hostile.to_owned(),
        profiles: vec![hostile.to_owned()],
        external_account_required: true,
    };
    page.authorities = vec![AuthorityView {
        subject: hostile.to_owned(),
        key_algorithm: hostile.to_owned(),
        certificate_url: hostile.to_owned(),
        crl_url: hostile.to_owned(),
        ..authority(hostile, AuthorityKind::Root, 20)
    }];
    let html = page.render().unwrap();
    assert_eq!(html.matches("<script").count(), 2, "only the page's own scripts: {html}");
    assert!(!html.contains("alert('x')"));
    assert!(html.contains("&#34;&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#38;amp;"));
}

#[test]
fn nothing_is_inline_that_the_policy_forbids() {
    let html = page().render().unwrap();
    for forbidden in ["<style", " style=", "onclick", " onload", "javascript:", "<script>"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn without_an_endpoint_the_page_says_how_to_make_one() {
    let html = StartPage { acme_endpoints: Vec::new(), ..page() }.render().unwrap();
    assert!(html.contains("[[acme]]") && html.contains("issuer   = \"issuing\""), "{html}");
    assert!(!html.contains("With your client"));
    assert!(html.contains("No ACME endpoint yet"));
}

#[test]
fn without_an_authority_the_page_says_how_to_make_one() {
    let empty = StartPage { authorities: Vec::new(), acme_endpoints: Vec::new(), health: Vec::new(), ..page() };
    let html = empty.render().unwrap();
    assert!(html.contains("signet init --data signet-data"), "{html}");
    assert!(html.contains("No authority yet") && !html.contains("Trust the root"));
    assert!(!html.contains("Get a certificate"));
}

#[test]
fn the_hierarchy_does_not_depend_on_the_order_of_the_configuration() {
    let html = page().render().unwrap();
    let [root, issuing] = ["id=\"authority-root\"", "id=\"authority-issuing\""].map(|id| html.find(id).unwrap());
    assert!(root < issuing);
    assert_eq!(html.matches("id=\"authority-").count(), 2);
}

#[test]
fn an_authority_whose_issuer_is_elsewhere_is_shown() {
    let mut page = page();
    page.authorities.remove(1);
    let html = page.render().unwrap();
    assert!(html.contains("id=\"authority-issuing\""));
}

#[test]
fn what_is_wrong_is_in_the_headline() {
    let headline = |change: fn(&mut StartPage)| {
        let mut page = page();
        change(&mut page);
        let html = page.render().unwrap();
        let start = html.find("<h1").unwrap();
        html[start..].split(['<', '>']).nth(2).unwrap().to_owned()
    };
    assert_eq!(headline(|_| ()), "Ready to issue certificates");
    assert_eq!(headline(|page| page.health[1].state = HealthState::Broken), "Broken: HSM local");
    assert_eq!(headline(|page| page.authorities[0].not_after = NOW - 1), "Broken: issuing expired");
    assert_eq!(headline(|page| page.authorities[0].crl_next_update = Some(NOW - 1)), "Broken: CRL of issuing overdue");
    let soon = headline(|page| page.authorities[0].not_after = NOW + 30 * DAY);
    assert_eq!(soon, "Needs attention: issuing expires soon");
}

#[test]
fn the_last_second_of_validity_is_valid() {
    let at_the_end = AuthorityView { not_after: NOW, ..authority("a", AuthorityKind::Root, 1) };
    assert_eq!(at_the_end.validity(&NOW).1, "expires soon");
    assert_eq!(at_the_end.validity(&(NOW + 1)).1, "expired");
    let at_the_start = AuthorityView { not_before: NOW, ..authority("a", AuthorityKind::Root, 1) };
    assert_eq!(at_the_start.validity(&NOW).1, "valid");
    assert_eq!(at_the_start.validity(&(NOW - 1)).1, "not valid yet");
}
