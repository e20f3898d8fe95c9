//! Every CRL says when the next one comes, and that is later.

use crate::lint::certificate_list::ListRule;
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: ListRule = ListRule::new("crl-update-order", "RFC 5280 §5.1.2.5", check);

fn check(list: &Listed<'_>) -> Verdict {
    let this = list.head.this_update;
    match list.head.next_update {
        None => Err("there is no nextUpdate".into()),
        Some(next) if next.to_unix_duration() <= this.to_unix_duration() => {
            Err(format!("nextUpdate {next} does not lie after thisUpdate {this}"))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{list, list_breaks, list_passes, utc};

    #[test]
    fn the_next_update_comes_later() {
        list_passes(&RULE, list());
        list_breaks(&RULE, list().with(|draft| draft.next_update = None), "no nextUpdate");
        list_breaks(&RULE, list().with(|draft| draft.next_update = Some(draft.this_update)), "after");
        list_breaks(&RULE, list().with(|draft| draft.next_update = Some(utc("2020-01-01T00:00:00Z"))), "after");
    }
}
