//! A revoked serial is one that could have been issued.

use crate::lint::certificate_list::EntryRule;
use crate::lint::entry::Entry;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;
use crate::lint::rules::serial_number::sound;

pub(in crate::lint) const RULE: EntryRule = EntryRule::new("entry-serial", "RFC 5280 §4.1.2.2 and §5.1.2.6", check);

fn check(entry: &Entry<'_>, _: &Listed<'_>) -> Verdict {
    sound(entry.serial())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{entry, entry_breaks, entry_passes, list};

    #[test]
    fn serials_are_positive_and_not_too_long() {
        entry_passes(&RULE, list(), entry(&[0x7f; 20]));
        entry_passes(&RULE, list(), entry(&[1]));
        entry_breaks(&RULE, list(), entry(&[0]), "zero");
        entry_breaks(&RULE, list(), entry(&[0xfe, 1]), "negative");
        entry_breaks(&RULE, list(), entry(&[1; 21]), "longer");
    }
}
