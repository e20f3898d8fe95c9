//! UTCTime through 2049, GeneralizedTime from 2050.

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;
use crate::lint::rules::validity_encoding::well_encoded;

pub(in crate::lint) const RULE: ListRule =
    ListRule::new("crl-update-encoding", "RFC 5280 §5.1.2.4 and §5.1.2.5", check);

fn check(list: &Listed<'_>) -> Verdict {
    well_encoded("thisUpdate", list.head.this_update)?;
    list.head.next_update.map_or(Ok(()), |time| well_encoded("nextUpdate", time))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{generalized, list, list_breaks, list_passes};

    #[test]
    fn the_type_of_a_time_follows_its_year() {
        list_passes(&RULE, list());
        list_passes(&RULE, list().with(|draft| draft.next_update = Some(generalized("2050-01-01T00:00:00Z"))));
        let early = generalized("2026-06-01T00:00:00Z");
        list_breaks(&RULE, list().with(|draft| draft.this_update = early), "thisUpdate");
        list_breaks(&RULE, list().with(|draft| draft.next_update = Some(early)), "nextUpdate");
    }
}
