//! A CRL names the key that signs it.

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;
use crate::lint::rules::authority_key_identifier::names_issuer;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-authority-key-identifier", "RFC 5280 §5.2.1", check);

fn check(list: &Listed<'_>) -> Verdict {
    match &list.authority_key_identifier {
        None => Err("there is no authority key identifier".into()),
        Some(identifier) => names_issuer(identifier, list.issuer),
    }
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{authority_key_identifier, list, list_breaks, list_passes};

    #[test]
    fn the_identifier_is_the_issuers() {
        list_passes(&RULE, list());
        list_breaks(&RULE, list().without(oid::ID_CE_AUTHORITY_KEY_IDENTIFIER), "no authority key identifier");
        list_breaks(&RULE, list().put(authority_key_identifier(b"other")), "not the issuer's");
    }
}
