//! A CRL with extensions is of version 2.

use x509_cert::certificate::Version;

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-version", "RFC 5280 §5.1.2.1", check);

fn check(list: &Listed<'_>) -> Verdict {
    match list.head.version {
        Some(Version::V2) => Ok(()),
        other => Err(format!("the version is {other:?}, not V2")),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{list, list_breaks, list_passes};

    #[test]
    fn only_version_2_passes() {
        list_passes(&RULE, list());
        list_breaks(&RULE, list().with(|draft| draft.version = None), "None");
        list_breaks(&RULE, list().with(|draft| draft.version = Some(0)), "V1");
        list_breaks(&RULE, list().with(|draft| draft.version = Some(2)), "V3");
    }
}
