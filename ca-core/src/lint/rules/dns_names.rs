//! dNSName: letters, digits and hyphens, A-labels, a wildcard only as the whole leftmost label.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::lint::host_name;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new(
    "dns-names",
    "RFC 5280 §4.2.1.6 and §7.2, RFC 1123 §2.1, RFC 5890 §2.3.2.1, RFC 9525 §6.3",
    check,
);

fn check(certificate: &Examined<'_>) -> Verdict {
    let fault =
        |name: &str| host_name::fault(name.strip_prefix("*.").unwrap_or(name)).map(|fault| (name.to_owned(), fault));
    match certificate.dns_names().find_map(fault) {
        Some((name, fault)) => Err(format!("the DNS name {name:?} {fault}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{alternative_names, breaks, dns, leaf, passes};

    #[test]
    fn dns_names_follow_the_syntax() {
        let named = |name: &str| leaf().put(alternative_names(&[dns(name)], false));
        for good in ["www.example.org", "*.example.org", "localhost", "xn--bcher-kva.example"] {
            passes(&RULE, named(good));
        }
        for bad in [
            "",
            " ",
            "*",
            "*.*.org",
            "a.*.org",
            "w*.example.org",
            "*.example.org.",
            "a_b.org",
            "192.0.2.1",
            "xn--a.org",
        ] {
            breaks(&RULE, named(bad), "DNS name");
        }
    }
}
