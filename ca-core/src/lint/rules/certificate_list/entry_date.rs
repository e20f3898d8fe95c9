//! A revocation date has the type that its year asks for.
//!
//! That it lies after thisUpdate is not refused: clocks of several servers differ by a little, and a CRL that is late
//! for such a reason harms more than a date that is a second early.

use crate::lint::certificate_list::EntryRule;
use crate::lint::entry::Entry;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;
use crate::lint::rules::validity_encoding::well_encoded;

pub(in crate::lint) const RULE: EntryRule = EntryRule::new("entry-date", "RFC 5280 §5.1.2.6", check);

fn check(entry: &Entry<'_>, _: &Listed<'_>) -> Verdict {
    well_encoded("revocationDate", entry.revocation_date)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{entry, entry_breaks, entry_passes, generalized, list, utc};

    #[test]
    fn the_type_of_a_date_follows_its_year() {
        let dated = |date| entry(&[1]).with(|entry| entry.revocation_date = date);
        entry_passes(&RULE, list(), dated(utc("2026-05-01T00:00:00Z")));
        entry_passes(&RULE, list(), dated(generalized("2050-01-01T00:00:00Z")));
        entry_breaks(&RULE, list(), dated(generalized("2026-05-01T00:00:00Z")), "GeneralizedTime");
    }
}
