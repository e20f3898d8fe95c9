#![allow(clippy::unwrap_used, reason = "tests")]
use proptest::prelude::*;

use super::*;

fn wire(kind: &str, value: &str) -> WireIdentifier {
    WireIdentifier { kind: kind.into(), value: value.into() }
}

fn refusal(kind: &str, value: &str) -> ProblemType {
    let problem = Identifier::parse(&wire(kind, value)).unwrap_err();
    assert_eq!(problem.identifier(), Some(&wire(kind, value)));
    problem.kind()
}

#[test]
fn names_are_normalised() {
    assert_eq!(Identifier::parse(&wire("dns", "WWW.Example.test")), Ok(Identifier::Dns("www.example.test".into())));
    assert_eq!(Identifier::parse(&wire("dns", "*.example.test")), Ok(Identifier::Dns("*.example.test".into())));
    assert_eq!(Identifier::parse(&wire("ip", "2001:db8::1")), Ok(Identifier::Ip("2001:db8::1".parse().unwrap())));
}

#[test]
fn bad_syntax_is_malformed() {
    for value in [
        "",
        "a_b.test",
        "*.*.test",
        "f*.test",
        "192.0.2.1",
        "example.test.",
        "a..test",
        "bücher.test",
        "a b.test",
        "a\0.test",
    ] {
        assert_eq!(refusal("dns", value), ProblemType::Malformed, "{value}");
    }
    for value in [
        "",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.4/32",
        "::1%lo",
        "[::1]",
        "2001:DB8::1",
        "2001:db8:0::1",
        "::0001",
        "example.test",
        "192.0.2.1\0",
    ] {
        assert_eq!(refusal("ip", value), ProblemType::Malformed, "{value}");
    }
}

#[test]
fn international_names_are_told_about_a_labels() {
    assert!(Identifier::parse(&wire("dns", "bücher.test")).unwrap_err().detail().contains("A-labels"));
}

#[test]
fn other_types_are_unsupported() {
    for kind in ["", "DNS", "email", "permanent-identifier", "dns\0"] {
        assert_eq!(refusal(kind, "example.test"), ProblemType::UnsupportedIdentifier, "{kind}");
    }
}

#[test]
fn addresses_of_no_single_host_are_rejected() {
    for value in ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:192.0.2.1"] {
        assert_eq!(refusal("ip", value), ProblemType::RejectedIdentifier, "{value}");
    }
}

#[test]
fn overlong_values_are_not_repeated() {
    for wire in [wire("dns", &"a".repeat(100_000)), wire(&"x".repeat(100_000), "a.test")] {
        let problem = Identifier::parse(&wire).unwrap_err();
        assert!(problem.identifier().is_none() && problem.detail().len() < 200);
    }
}

#[test]
fn an_order_has_one_to_a_hundred_identifiers_without_duplicates() {
    assert_eq!(Identifier::parse_all(&[]).unwrap_err().kind(), ProblemType::Malformed);
    let many = |count: usize| (0..count).map(|n| wire("dns", &format!("n{n}.test"))).collect::<Vec<_>>();
    assert_eq!(Identifier::parse_all(&many(100)).unwrap().len(), 100);
    assert_eq!(Identifier::parse_all(&many(101)).unwrap_err().kind(), ProblemType::Malformed);
    let doubled = [wire("dns", "b.test"), wire("dns", "a.test"), wire("dns", "B.test")];
    assert_eq!(
        Identifier::parse_all(&doubled),
        Ok(vec![Identifier::Dns("b.test".into()), Identifier::Dns("a.test".into())])
    );
}

#[test]
fn every_faulty_identifier_is_a_subproblem() {
    let wires = [wire("dns", "a_b.test"), wire("dns", "good.test"), wire("email", "a@b.test")];
    let problem = Identifier::parse_all(&wires).unwrap_err();
    assert_eq!((problem.kind(), problem.subproblems().len()), (ProblemType::Compound, 2));
    assert_eq!(problem.subproblems()[1].identifier(), Some(&wires[2]));
}

#[test]
fn a_wildcard_is_authorized_by_its_base_name() {
    let wildcard = Identifier::Dns("*.example.test".into());
    assert!(wildcard.is_wildcard());
    assert_eq!(wildcard.base(), Identifier::Dns("example.test".into()));
    assert!(!wildcard.base().is_wildcard());
}

#[test]
fn server_names_of_addresses_are_reverse_mappings() {
    let name = |text: &str| Identifier::Ip(text.parse().unwrap()).tls_server_name();
    assert_eq!(name("192.0.2.1"), "1.2.0.192.in-addr.arpa");
    // The example of RFC 8738 §6 is the one of RFC 3596 §2.5.
    assert_eq!(
        name("4321:0:1:2:3:4:567:89ab"),
        "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa"
    );
    assert_eq!(Identifier::Dns("a.test".into()).tls_server_name(), "a.test");
}

proptest! {
    #[test]
    fn what_is_parsed_is_written_the_same(octets: [u8; 16]) {
        let address = IpAddr::from(octets);
        if let Ok(identifier) = Identifier::parse(&wire("ip", &address.to_string())) {
            prop_assert_eq!(identifier.to_wire(), wire("ip", &address.to_string()));
            prop_assert_eq!(Identifier::from_general_name(&identifier.to_general_name()), Some(identifier));
        }
    }

    #[test]
    fn no_text_panics(kind in "dns|ip|x", value: String) {
        let _ = Identifier::parse(&wire(&kind, &value));
    }
}
