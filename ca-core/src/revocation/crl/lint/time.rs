//! Times of entries, read octet by octet.

use der::DateTime;

use crate::revocation::crl::tlv;

/// Why a value is not what RFC 5280 §5.1.2.6 asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeFault {
    /// No `Time` at all, or no day of the calendar.
    NoTime,
    /// A GeneralizedTime before 2050.
    WrongForm,
}

/// What is wrong with a `Time`, given by its identifier and contents.
pub(super) fn fault((identifier, contents): (u8, &[u8])) -> Option<TimeFault> {
    match identifier {
        tlv::UTC_TIME => utc_year(contents).is_none().then_some(TimeFault::NoTime),
        tlv::GENERALIZED_TIME => match generalized_year(contents) {
            None => Some(TimeFault::NoTime),
            Some(..2050) => Some(TimeFault::WrongForm),
            Some(_) => None,
        },
        _ => Some(TimeFault::NoTime),
    }
}

/// The year of `YYMMDDHHMMSSZ`: 1950 to 2049 (RFC 5280 §4.1.2.5.1).
fn utc_year(contents: &[u8]) -> Option<u16> {
    let (year, rest) = contents.split_at_checked(2)?;
    let year = u16::from(number(year)?);
    existing(if year >= 50 { 1900 + year } else { 2000 + year }, rest)
}

/// The year of `YYYYMMDDHHMMSSZ` (RFC 5280 §4.1.2.5.2).
pub(super) fn generalized_year(contents: &[u8]) -> Option<u16> {
    let (century, rest) = contents.split_at_checked(2)?;
    let (year, rest) = rest.split_at_checked(2)?;
    existing(u16::from(number(century)?) * 100 + u16::from(number(year)?), rest)
}

/// The year, if `MMDDHHMMSSZ` is a moment in it.
fn existing(year: u16, rest: &[u8]) -> Option<u16> {
    let [digits @ .., b'Z'] = rest else { return None };
    let mut pairs = digits.chunks_exact(2);
    let mut next = || pairs.next().and_then(number);
    let (month, day, hour, minute, second) = (next()?, next()?, next()?, next()?, next()?);
    // der knows no year before 1970; nothing of ours is so old.
    DateTime::new(year, month, day, hour, minute, second).ok().filter(|_| digits.len() == 10).map(|_| year)
}

/// Two decimal digits.
fn number(pair: &[u8]) -> Option<u8> {
    match pair {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_are() {
        for contents in ["700101000000Z", "491231235959Z", "240229120000Z"] {
            assert_eq!(fault((tlv::UTC_TIME, contents.as_bytes())), None, "{contents}");
        }
        for contents in ["20500101000000Z", "20520229235959Z"] {
            assert_eq!(fault((tlv::GENERALIZED_TIME, contents.as_bytes())), None, "{contents}");
        }
    }

    #[test]
    fn times_that_are_not() {
        let utc = [
            "",
            "Z",
            "260101000000",
            "2601010000Z",
            "26010100000Z",
            "260101000000+",
            "2601010000000Z",
            "26010100 000Z",
        ];
        let calendar =
            ["261301000000Z", "260001000000Z", "260230000000Z", "260101240000Z", "260101006000Z", "260101000060Z"];
        for contents in utc.into_iter().chain(calendar) {
            assert_eq!(fault((tlv::UTC_TIME, contents.as_bytes())), Some(TimeFault::NoTime), "{contents}");
        }
        for contents in ["260101000000Z", "20510229000000Z", "20510101000000", "20510101000000.5Z"] {
            assert_eq!(fault((tlv::GENERALIZED_TIME, contents.as_bytes())), Some(TimeFault::NoTime), "{contents}");
        }
        assert_eq!(fault((tlv::GENERALIZED_TIME, b"20491231235959Z")), Some(TimeFault::WrongForm));
        assert_eq!(fault((tlv::INTEGER, b"260101000000Z")), Some(TimeFault::NoTime));
    }
}
