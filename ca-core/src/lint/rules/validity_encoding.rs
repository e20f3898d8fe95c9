//! UTCTime through 2049, GeneralizedTime from 2050.

use x509_cert::time::Time;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule = CertificateRule::new("validity-encoding", "RFC 5280 §4.1.2.5", check);

fn check(certificate: &Examined<'_>) -> Verdict {
    let validity = certificate.tbs.validity();
    well_encoded("notBefore", validity.not_before)?;
    well_encoded("notAfter", validity.not_after)
}

/// Whether `time` has the type that its year asks for.
pub(in crate::lint) fn well_encoded(what: &str, time: Time) -> Verdict {
    match time {
        Time::GeneralTime(_) if time.to_date_time().year() < 2050 => {
            Err(format!("{what} is a GeneralizedTime before 2050"))
        }
        // A UTCTime cannot say 2050 or later.
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, generalized, leaf, passes, utc};

    #[test]
    fn the_type_of_a_time_follows_its_year() {
        passes(&RULE, leaf().with(|draft| draft.not_after = utc("2049-12-31T23:59:59Z")));
        passes(&RULE, leaf().with(|draft| draft.not_after = generalized("2050-01-01T00:00:00Z")));
        breaks(&RULE, leaf().with(|draft| draft.not_after = generalized("2049-12-31T23:59:59Z")), "notAfter");
        breaks(&RULE, leaf().with(|draft| draft.not_before = generalized("2026-01-01T00:00:00Z")), "notBefore");
    }
}
