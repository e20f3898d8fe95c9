//! A reason is one of those the RFC lists, and never "unspecified", which is said by leaving it out.

use const_oid::db::rfc5280::ID_CE_CRL_REASONS;
use der::Decode as _;
use x509_cert::ext::pkix::CrlReason;

use crate::lint::certificate_list::EntryRule;
use crate::lint::entry::Entry;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: EntryRule = EntryRule::new("entry-reason", "RFC 5280 §5.3.1", check);

fn check(entry: &Entry<'_>, list: &Listed<'_>) -> Verdict {
    let Some(extension) = entry.extension(ID_CE_CRL_REASONS) else { return Ok(()) };
    match CrlReason::from_der(extension.extn_value.as_bytes()) {
        Err(_) => Err("its reason is none that exists".into()),
        Ok(CrlReason::Unspecified) => Err("its reason is unspecified: it should be left out".into()),
        Ok(CrlReason::RemoveFromCRL) if !list.is_delta() => Err("it is removed from a CRL that is no delta".into()),
        Ok(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{delta_list, entry, entry_breaks, entry_passes, list, reason};

    #[test]
    fn reasons_exist_and_say_something() {
        entry_passes(&RULE, list(), entry(&[1]));
        for code in [1, 2, 3, 4, 5, 6, 9, 10] {
            entry_passes(&RULE, list(), entry(&[1]).put(reason(code)));
        }
        entry_breaks(&RULE, list(), entry(&[1]).put(reason(0)), "unspecified");
        for code in [7, 11] {
            entry_breaks(&RULE, list(), entry(&[1]).put(reason(code)), "none that exists");
        }
        entry_passes(&RULE, delta_list(), entry(&[1]).put(reason(8)));
        entry_breaks(&RULE, list(), entry(&[1]).put(reason(8)), "no delta");
    }
}
