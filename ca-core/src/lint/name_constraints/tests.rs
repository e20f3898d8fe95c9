#![allow(clippy::unwrap_used, reason = "tests")]

use std::str::FromStr;

use der::asn1::{Ia5String, OctetString};
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;

use super::*;

fn dns(text: &str) -> GeneralName {
    GeneralName::DnsName(Ia5String::new(text).unwrap())
}

fn mail(text: &str) -> GeneralName {
    GeneralName::Rfc822Name(Ia5String::new(text).unwrap())
}

fn uri(text: &str) -> GeneralName {
    GeneralName::UniformResourceIdentifier(Ia5String::new(text).unwrap())
}

fn ip(octets: &[u8]) -> GeneralName {
    GeneralName::IpAddress(OctetString::new(octets).unwrap())
}

fn directory(text: &str) -> GeneralName {
    GeneralName::DirectoryName(Name::from_str(text).unwrap())
}

fn constraints(permitted: &[GeneralName], excluded: &[GeneralName]) -> NameConstraints {
    let subtrees = |bases: &[GeneralName]| {
        let subtree = |base: &GeneralName| GeneralSubtree { base: base.clone(), minimum: 0, maximum: None };
        (!bases.is_empty()).then(|| bases.iter().map(subtree).collect())
    };
    NameConstraints { permitted_subtrees: subtrees(permitted), excluded_subtrees: subtrees(excluded) }
}

fn honoured(constraints: &NameConstraints, name: GeneralName) -> bool {
    violation(constraints, &[name], &Name::default()).is_none()
}

#[test]
fn permitted_subtrees_limit_their_own_form_only() {
    let only = constraints(&[dns("example.org")], &[]);
    for good in [
        dns("example.org"),
        dns("WWW.example.org"),
        dns("*.example.org"),
        dns("a.b.example.org"),
        mail("a@b.c"),
        ip(&[1, 2, 3, 4]),
    ] {
        assert!(honoured(&only, good.clone()), "{good:?}");
    }
    for bad in [dns("example.com"), dns("badexample.org"), dns("org"), dns("*.org")] {
        assert!(!honoured(&only, bad.clone()), "{bad:?}");
    }
}

#[test]
fn excluded_subtrees_win_and_see_through_wildcards() {
    let without = constraints(&[dns("example.org")], &[dns("secret.example.org")]);
    for good in [dns("www.example.org"), dns("*.www.example.org"), dns("topsecret.example.org")] {
        assert!(honoured(&without, good.clone()), "{good:?}");
    }
    for bad in
        [dns("secret.example.org"), dns("a.secret.example.org"), dns("*.example.org"), dns("*.secret.example.org")]
    {
        assert!(!honoured(&without, bad.clone()), "{bad:?}");
    }
    assert!(!honoured(&constraints(&[], &[dns("")]), dns("anything.example")));
}

#[test]
fn addresses_are_compared_under_the_mask() {
    let network = constraints(&[ip(&[10, 1, 0, 0, 255, 255, 0, 0])], &[]);
    assert!(honoured(&network, ip(&[10, 1, 2, 3])));
    assert!(!honoured(&network, ip(&[10, 2, 2, 3])));
    // IPv6 is the same form of name, and none is permitted.
    assert!(!honoured(&network, ip(&[0; 16])));
    assert!(!honoured(&constraints(&[ip(&[10])], &[]), ip(&[10, 1, 2, 3])));
}

#[test]
fn mailboxes_hosts_and_domains_are_told_apart() {
    let one = constraints(&[mail("ann@example.org")], &[]);
    assert!(honoured(&one, mail("ann@EXAMPLE.org")) && !honoured(&one, mail("Ann@example.org")));
    let host = constraints(&[mail("example.org")], &[]);
    assert!(honoured(&host, mail("bob@example.org")) && !honoured(&host, mail("bob@mail.example.org")));
    let domain = constraints(&[mail(".example.org")], &[]);
    assert!(honoured(&domain, mail("bob@mail.example.org")) && !honoured(&domain, mail("bob@example.org")));
}

#[test]
fn uris_are_judged_by_their_host() {
    let domain = constraints(&[uri(".example.org")], &[]);
    assert!(honoured(&domain, uri("https://www.example.org/a")));
    for bad in
        ["https://example.org/a", "https://www.example.com/", "urn:example:a", "https://192.0.2.1/", "https://[::1]/"]
    {
        assert!(!honoured(&domain, uri(bad)), "{bad}");
    }
    assert!(!honoured(&constraints(&[], &[uri("example.com")]), uri("urn:example:a")));
}

#[test]
fn the_subject_is_a_directory_name() {
    let organization = constraints(&[directory("O=Example,C=DE")], &[]);
    let subject = |text: &str| violation(&organization, &[], &Name::from_str(text).unwrap());
    assert_eq!(subject("CN=a,O=EXAMPLE,C=DE"), None);
    assert!(subject("CN=a,O=Other,C=DE").is_some_and(|text| text.contains("O=Other")));
    assert_eq!(violation(&organization, &[], &Name::default()), None);
}
