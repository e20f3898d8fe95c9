//! Positive, at most 20 octets, and long enough to hold 128 random bits.

use der::Encode as _;

use crate::lint::certificate::CertificateRule;
use crate::lint::examined::Examined;
use crate::lint::finding::Verdict;

pub(in crate::lint) const RULE: CertificateRule =
    CertificateRule::new("serial-number", "RFC 5280 §4.1.2.2; CA/Browser Forum BR §7.1", check);

/// Octets that 128 random bits need.
const RANDOM_OCTETS: usize = 16;

fn check(certificate: &Examined<'_>) -> Verdict {
    let encoded = certificate.tbs.serial_number().to_der().map_err(|error| error.to_string())?;
    // An INTEGER this short has a header of two octets; a longer one is refused whatever its header.
    let content = encoded.get(2..).unwrap_or_default();
    sound(content)?;
    let value = content.strip_prefix(&[0]).unwrap_or(content);
    if value.len() < RANDOM_OCTETS {
        return Err(format!("the serial number has {} octets, too few for 128 random bits", value.len()));
    }
    Ok(())
}

/// What every serial must be, whoever chose it; `content` is the INTEGER without its header.
pub(in crate::lint) fn sound(content: &[u8]) -> Verdict {
    if content.first().is_some_and(|octet| *octet >= 0x80) {
        Err("the serial number is negative".into())
    } else if content.iter().all(|octet| *octet == 0) {
        Err("the serial number is zero".into())
    } else if content.len() > 20 {
        Err("the serial number is longer than 20 octets".into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::fixture::{breaks, leaf, passes};

    #[test]
    fn serials_are_positive_and_neither_long_nor_guessable() {
        let serial = |octets: &[u8]| leaf().with(|draft| draft.serial = octets.to_vec());
        passes(&RULE, serial(&[0x7f; 20]));
        passes(&RULE, serial(&[0x01; 16]));
        passes(&RULE, serial(&[&[0x00][..], &[0xff; 16]].concat()));
        breaks(&RULE, serial(&[0x00]), "zero");
        breaks(&RULE, serial(&[0xfe; 18]), "negative");
        breaks(&RULE, serial(&[0x01; 21]), "longer than 20");
        breaks(&RULE, serial(&[&[0x00][..], &[0xff; 20]].concat()), "longer than 20");
        breaks(&RULE, serial(&[0x01; 8]), "too few");
        breaks(&RULE, serial(&[&[0x00][..], &[0xff; 15]].concat()), "too few");
    }
}
