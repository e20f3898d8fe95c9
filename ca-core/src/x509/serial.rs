//! Certificate serial numbers: random, positive, at most 20 octets (RFC 5280 §4.1.2.2).

use std::fmt;
use std::str::FromStr;

/// Octets of randomness in a serial that [`SerialNumber::from_random`] makes.
pub const RANDOM_OCTETS: usize = 18;

/// A positive serial number of at most 20 octets, without leading zero octets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(Vec<u8>);

/// Text or bytes that are no serial number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a serial number is 1 to 20 octets in hexadecimal, with or without colons, and not zero")]
pub struct InvalidSerialNumber;

impl SerialNumber {
    /// A serial with the 144 random bits given. The first octet is fixed at 0x01, which makes the number positive,
    /// 19 octets long in DER whatever the dice say, and keeps every random bit (the 63-bit serials of 2019 lost one).
    pub fn from_random(random: [u8; RANDOM_OCTETS]) -> Self {
        let mut octets = vec![0x01];
        octets.extend_from_slice(&random);
        Self(octets)
    }

    /// Reads big-endian octets; leading zeros are dropped.
    ///
    /// # Errors
    /// When the number is zero or longer than 20 octets.
    pub fn from_octets(octets: &[u8]) -> Result<Self, InvalidSerialNumber> {
        let start = octets.iter().position(|o| *o != 0).ok_or(InvalidSerialNumber)?;
        let value = octets.get(start..).ok_or(InvalidSerialNumber)?;
        let encoded = value.len() + usize::from(value.first().is_some_and(|o| *o >= 0x80));
        if encoded > 20 { Err(InvalidSerialNumber) } else { Ok(Self(value.to_vec())) }
    }

    /// Big-endian octets without leading zeros.
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

/// Lower-case hexadecimal without colons: the form of every answer and of the database.
impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// Accepts either case, with or without colons.
impl FromStr for SerialNumber {
    type Err = InvalidSerialNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| *c != ':')
            .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()).ok_or(InvalidSerialNumber))
            .collect::<Result<_, _>>()?;
        let (pairs, odd) = digits.split_at(digits.len() % 2);
        let mut octets: Vec<u8> = pairs.to_vec();
        octets.extend(odd.chunks_exact(2).map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit)));
        Self::from_octets(&octets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_in_any_dress_is_one_number() {
        for text in ["0a:bC:01", "ABC01", "00abc01", "0abc01"] {
            assert_eq!(text.parse::<SerialNumber>().map(|s| s.to_string()), Ok("0abc01".to_owned()), "{text}");
        }
    }

    #[test]
    fn zero_garbage_and_overlong_numbers_are_refused() {
        for text in
            ["", "00", "xy", "0102030405060708090a0b0c0d0e0f1011121314ff", "ff02030405060708090a0b0c0d0e0f1011121314"]
        {
            assert_eq!(text.parse::<SerialNumber>(), Err(InvalidSerialNumber), "{text}");
        }
    }

    #[test]
    fn every_random_bit_survives() {
        let ones = SerialNumber::from_random([0xff; RANDOM_OCTETS]);
        assert_eq!(ones.as_octets().get(1..), Some([0xff; RANDOM_OCTETS].as_slice()));
        assert_eq!(SerialNumber::from_random([0; RANDOM_OCTETS]).as_octets().len(), 19);
    }
}
