//! Extensions of an entry: present when the field is, once each, known, and critical only where one must be.

use const_oid::db::rfc5280 as oid;

use crate::lint::certificate_list::EntryRule;
use crate::lint::entry::{Entry, EntryExtension};
use crate::lint::finding::Verdict;
use crate::lint::listed::Listed;

pub(in crate::lint) const RULE: EntryRule =
    EntryRule::new("entry-extensions", "RFC 5280 §5.3, §5.3.1, §5.3.2, §5.3.3", check);

fn check(entry: &Entry<'_>, list: &Listed<'_>) -> Verdict {
    if entry.extensions.as_ref().is_some_and(Vec::is_empty) {
        return Err("its list of extensions is empty".into());
    }
    let all = entry.extensions();
    for (index, extension) in all.iter().enumerate() {
        if all.iter().skip(index + 1).any(|other| other.extn_id == extension.extn_id) {
            return Err(format!("extension {} occurs more than once", extension.extn_id));
        }
        check_one(extension, list)?;
    }
    Ok(())
}

fn check_one(extension: &EntryExtension<'_>, list: &Listed<'_>) -> Verdict {
    match (extension.extn_id, extension.critical()) {
        (oid::ID_CE_CERTIFICATE_ISSUER, _) if !list.is_indirect() => {
            Err("it names another issuer in a CRL that is not indirect".into())
        }
        (oid::ID_CE_CERTIFICATE_ISSUER, true) => Ok(()),
        (oid::ID_CE_CERTIFICATE_ISSUER, false) => Err("its certificate issuer is not critical".into()),
        // §5.3.2: the date is a GeneralizedTime, whatever the year.
        (oid::ID_CE_INVALIDITY_DATE, false) => invalidity_date(extension.extn_value.as_bytes()),
        (_, false) => Ok(()),
        (id, true) => Err(format!("extension {id} is critical")),
    }
}

fn invalidity_date(value: &[u8]) -> Verdict {
    use der::Decode as _;
    der::asn1::GeneralizedTime::from_der(value)
        .map(drop)
        .map_err(|_| "its invalidity date is no GeneralizedTime".into())
}

#[cfg(test)]
mod tests {
    use const_oid::db::rfc5280 as oid;

    use super::RULE;
    use crate::lint::fixture::{entry, entry_breaks, entry_passes, extension, generalized_time, list, reason, utc};

    #[test]
    fn entry_extensions_are_known_and_unique() {
        let date =
            |critical| extension(oid::ID_CE_INVALIDITY_DATE, critical, &generalized_time("2026-01-01T00:00:00Z"));
        entry_passes(&RULE, list(), entry(&[1]));
        entry_passes(&RULE, list(), entry(&[1]).put(reason(1)).put(date(false)));
        entry_breaks(&RULE, list(), entry(&[1]).put(date(true)), "critical");
        entry_breaks(&RULE, list(), entry(&[1]).put(reason(1)).put(reason(4)), "more than once");
        entry_breaks(&RULE, list(), entry(&[1]).with(|entry| entry.extensions = Some(Vec::new())), "empty");
        let utc_date = extension(oid::ID_CE_INVALIDITY_DATE, false, &utc("2026-01-01T00:00:00Z"));
        entry_breaks(&RULE, list(), entry(&[1]).put(utc_date), "GeneralizedTime");
    }

    #[test]
    fn another_issuer_is_for_indirect_crls() {
        let issuer = |critical| extension(oid::ID_CE_CERTIFICATE_ISSUER, critical, &Vec::<der::asn1::Null>::new());
        let indirect =
            || list().put(crate::lint::fixture::issuing_distribution_point(None, |point| point.indirect_crl = true));
        entry_breaks(&RULE, list(), entry(&[1]).put(issuer(true)), "not indirect");
        entry_breaks(&RULE, indirect(), entry(&[1]).put(issuer(false)), "not critical");
        entry_passes(&RULE, indirect(), entry(&[1]).put(issuer(true)));
    }
}
