//! A CRL is signed as its issuer's key signs.

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;
use crate::lint::rules::signature_algorithm::fits;

pub(in crate::lint) const RULE: ListRule =
    ListRule::new("crl-signature-algorithm", "RFC 5280 §5.1.2.2, RFC 4055 §5, RFC 5758 §3.2, RFC 8410 §3", check);

fn check(list: &Listed<'_>) -> Verdict {
    fits(&list.head.signature, &list.issuer.key)
}

#[cfg(test)]
mod tests {
    use der::asn1::{Any, Null};

    use super::RULE;
    use crate::lint::fixture::{list, list_breaks, list_passes};
    use crate::x509::SignatureAlgorithm;

    #[test]
    fn the_algorithm_fits_the_issuers_key() {
        list_passes(&RULE, list());
        let other = SignatureAlgorithm::EcdsaSha384.identifier();
        list_breaks(&RULE, list().with(|draft| draft.signature = other), "does not fit");
        list_breaks(&RULE, list().with(|draft| draft.signature.parameters = Some(Any::from(Null))), "parameters");
    }
}
