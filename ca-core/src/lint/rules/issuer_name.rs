//! The issuer's name is, byte for byte, the subject of the issuer's certificate.

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("issuer-name", "RFC 5280 §4.1.2.4 and §6.1.3 (a)(4)", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let expected = certificate.issuer().map_or(certificate.tbs.subject(), |issuer| &issuer.name);
    let name = certificate.tbs.issuer();
    if name.is_empty() {
        Err("the issuer's name is empty".into())
    } else if name != expected {
        Err(format!("the issuer is {name}, not {expected}"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, name, passes, printable_name, root};

    #[test]
    fn the_issuers_name_is_copied_exactly() {
        passes(&RULE, leaf());
        passes(&RULE, root());
        breaks(&RULE, leaf().with(|draft| draft.issuer = name("CN=Other CA")), "Other CA");
        breaks(&RULE, leaf().with(|draft| draft.issuer = printable_name("Issuing CA")), "not CN=Issuing CA");
        breaks(&RULE, root().with(|draft| draft.issuer = name("CN=Issuing CA")), "not CN=Root CA");
        breaks(&RULE, leaf().with(|draft| draft.issuer = name("")), "empty");
    }
}
