//! When nothing is revoked, the list of entries is absent, not empty.

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-entries-present", "RFC 5280 §5.1.2.6", check);

fn check(list: &Listed<'_>) -> Verdict {
    if list.head.revoked_certificates.is_some_and(|entries| entries.as_bytes().is_empty()) {
        return Err("revokedCertificates is there and empty".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{list, list_breaks, list_passes};

    #[test]
    fn no_entries_means_no_field() {
        list_passes(&RULE, list());
        list_passes(&RULE, list().with(|draft| draft.entries = None));
        list_breaks(&RULE, list().with(|draft| draft.entries = Some(Vec::new())), "empty");
    }
}
