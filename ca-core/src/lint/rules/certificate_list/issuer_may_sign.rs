//! The issuer's key may sign CRLs.

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-issuer-may-sign", "RFC 5280 §6.3.3 (f)", check);

fn check(list: &Listed<'_>) -> Verdict {
    if list.issuer.key_usage.is_some_and(|usage| !usage.crl_sign()) {
        return Err("the issuer's key usage lacks cRLSign".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use x509_cert::ext::pkix::KeyUsages;

    use super::RULE;
    use crate::lint::fixture::{authority, key_usage, list, list_breaks, list_passes};

    #[test]
    fn only_a_key_for_crls_signs_them() {
        list_passes(&RULE, list());
        let other = authority().put(key_usage(KeyUsages::KeyCertSign.into())).facts();
        list_breaks(&RULE, list().under(other), "cRLSign");
    }
}
