//! A revocation date has the right type and does not lie after the CRL that reports it.

use crate::lint::certificate_list::EntryRule;
use crate::lint::entry::Entry;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;
use crate::lint::rules::validity_encoding::well_encoded;

pub(in crate::lint) const RULE: EntryRule = EntryRule::new("entry-date", "RFC 5280 §5.1.2.6; X.509 §7.10", check);

fn check(entry: &Entry<'_>, list: &Listed<'_>) -> Verdict {
    let (date, this_update) = (entry.revocation_date, list.head.this_update);
    well_encoded("revocationDate", date)?;
    if date.to_unix_duration() > this_update.to_unix_duration() {
        return Err(format!("the revocation date {date} lies after thisUpdate {this_update}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{entry, entry_breaks, entry_passes, generalized, list, utc};

    #[test]
    fn revocation_comes_before_the_crl() {
        let dated = |date| entry(&[1]).with(|entry| entry.revocation_date = date);
        entry_passes(&RULE, list(), dated(utc("2026-05-01T00:00:00Z")));
        entry_passes(&RULE, list(), dated(list().this_update));
        entry_breaks(&RULE, list(), dated(utc("2049-01-01T00:00:00Z")), "lies after");
        entry_breaks(&RULE, list(), dated(generalized("2026-05-01T00:00:00Z")), "GeneralizedTime");
    }
}
