//! A common name says nothing that the subject alternative names do not say. Who signs code or timestamps has a name for
//! people there.

use x509_cert::ext::pkix::name::GeneralName;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;
use crate::lint::name_constraints::address_text;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("common-name", "RFC 9525 §2; CA/Browser Forum BR §7.1.4.3", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    if certificate.is_authority() || certificate.is_known_by_subject() {
        return Ok(());
    }
    let stray =
        certificate.common_names().find(|common_name| !certificate.names().iter().any(|n| same(n, common_name)));
    stray.map_or(Ok(()), |common_name| Err(format!("the common name {common_name:?} is not an alternative name")))
}

fn same(name: &GeneralName, common_name: &str) -> bool {
    match name {
        GeneralName::DnsName(text) => text.as_str().eq_ignore_ascii_case(common_name),
        GeneralName::Rfc822Name(text) | GeneralName::UniformResourceIdentifier(text) => text.as_str() == common_name,
        GeneralName::IpAddress(octets) => address_text(octets.as_bytes()) == common_name,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{
        alternative_names, authority, breaks, dns, extended_key_usage, leaf, mailbox, name, passes,
    };

    #[test]
    fn a_common_name_is_one_of_the_alternative_names() {
        passes(&RULE, leaf());
        passes(&RULE, leaf().with(|draft| draft.subject = name("CN=WWW.example.org")));
        passes(&RULE, authority());
        let releases = || leaf().with(|draft| draft.subject = name("CN=Example Releases"));
        passes(&RULE, releases().put(extended_key_usage(&[oid::ID_KP_CODE_SIGNING])));
        let both = extended_key_usage(&[oid::ID_KP_CODE_SIGNING, oid::ID_KP_SERVER_AUTH]);
        breaks(&RULE, releases().put(both), "Example Releases");
        let by_mail = leaf().put(alternative_names(&[mailbox("ann@example.org")], false));
        passes(&RULE, by_mail.with(|draft| draft.subject = name("CN=ann@example.org")));
        breaks(&RULE, leaf().with(|draft| draft.subject = name("CN=other.example.org")), "other.example.org");
        breaks(&RULE, leaf().put(alternative_names(&[dns("a.example.org")], false)), "www.example.org");
    }
}
