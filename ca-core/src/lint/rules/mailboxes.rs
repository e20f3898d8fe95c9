//! rfc822Name: a mailbox without display name, comment or brackets.

use x509_cert::ext::pkix::name::GeneralName;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::lint::host_name;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("mailboxes", "RFC 5280 §4.2.1.6, RFC 5321 §4.1.2 and §4.5.3.1", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let bad = certificate.names().iter().find_map(|name| match name {
        GeneralName::Rfc822Name(text) if !is_mailbox(text.as_str()) => Some(text.as_str()),
        _ => None,
    });
    bad.map_or(Ok(()), |text| Err(format!("{text:?} is not a mailbox")))
}

// Dot-string only: quoted local parts are read differently everywhere.
fn is_mailbox(text: &str) -> bool {
    let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    text.rsplit_once('@').is_some_and(|(local, host)| {
        let atoms = local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atext));
        local.len() <= 64 && atoms && host_name::fault(host).is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{alternative_names, breaks, leaf, mailbox, passes};

    #[test]
    fn a_mailbox_is_a_dot_string_at_a_host() {
        let named = |text: &str| leaf().put(alternative_names(&[mailbox(text)], false));
        passes(&RULE, named("ann.o'neill+ca@mail.example.org"));
        let long = format!("{}@example.org", "a".repeat(65));
        for bad in [
            "",
            "ann",
            "@example.org",
            "ann@",
            "a..b@example.org",
            ".a@example.org",
            "<ann@example.org>",
            "a b@example.org",
            "ann@exa_mple.org",
            "ann@[192.0.2.1]",
            &long,
        ] {
            breaks(&RULE, named(bad), "mailbox");
        }
    }
}
