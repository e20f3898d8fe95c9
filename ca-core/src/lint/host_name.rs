//! Syntax of host names.

/// The rule that a host name breaks, if any: RFC 1123 §2.1 (letters, digits, hyphens), RFC 1035 §2.3.4 (lengths),
/// RFC 5890 §2.3.2.1 (A-labels).
pub(super) fn fault(name: &str) -> Option<&'static str> {
    let last = name.rsplit('.').next().unwrap_or_default();
    if name.is_empty() || name.len() > 253 {
        Some("is empty or longer than 253 octets")
    } else if name.ends_with('.') {
        Some("ends with a dot")
    } else if name.contains('_') {
        Some("has an underscore")
    } else if !name.split('.').all(is_label) {
        Some("has a label that is not 1 to 63 letters, digits and inner hyphens")
    } else if last.bytes().all(|octet| octet.is_ascii_digit()) {
        Some("ends in a number, like an address")
    } else if name.split('.').any(is_false_a_label) {
        Some("has a label that starts with xn-- and is no A-label")
    } else {
        None
    }
}

fn is_label(label: &str) -> bool {
    let ldh = label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    (1..=63).contains(&label.len()) && ldh && !label.starts_with('-') && !label.ends_with('-')
}

fn is_false_a_label(label: &str) -> bool {
    let claims = label.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"));
    claims && url::Host::parse(label).is_err()
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn names_of_hosts_are_told_from_other_text() {
        for good in
            ["localhost", "www.example.org", "WWW.Example.Org", "xn--bcher-kva.example", "r3---sn.example", "1a.2b"]
        {
            assert_eq!(fault(good), None, "{good}");
        }
        let long_label = "a".repeat(64);
        let long_name = "a.".repeat(127);
        for bad in [
            "",
            ".",
            "a..b",
            "a.b.",
            "a_b.org",
            "-a.org",
            "a-.org",
            "*.org",
            "a b",
            "192.0.2.1",
            "a/b",
            "xn--a.example",
            "b\u{fc}cher.example",
            &long_label,
            &long_name,
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
