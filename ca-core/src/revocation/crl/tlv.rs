//! The one step of reading DER that a list of a million entries repeats: splitting off the next value.

/// Identifier octet of a SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;

/// The identifier octet and the contents of the first value in `octets`, and what follows it. `None` when there is no
/// whole value, its length is not in the shortest form (X.690 §10.1), or its tag has more than one octet.
pub(super) fn split(octets: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&identifier, rest) = octets.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 { (usize::from(first), rest) } else { long_length(first, rest)? };
    let (contents, rest) = rest.split_at_checked(length)?;
    (identifier & 0x1f != 0x1f).then_some((identifier, contents, rest))
}

fn long_length(first: u8, rest: &[u8]) -> Option<(usize, &[u8])> {
    let count = usize::from(first & 0x7f);
    let (octets, rest) = rest.split_at_checked(count)?;
    let length = octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    let shortest = (1..=4).contains(&count) && length >= 0x80 && octets.first() != Some(&0);
    shortest.then_some((length, rest))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_off_one_by_one() {
        assert_eq!(split(b"\x02\x01\x05\x30\x00"), Some((0x02, &b"\x05"[..], &b"\x30\x00"[..])));
        assert_eq!(split(b"\x30\x00"), Some((SEQUENCE, &b""[..], &b""[..])));
        for (header, length) in
            [(&b"\x04\x81\x80"[..], 0x80), (b"\x04\x82\x01\x00", 0x100), (b"\x04\x83\x01\x00\x00", 0x1_0000)]
        {
            let octets = [header, &vec![7; length], b"\x05"].concat();
            assert!(split(&octets).is_some_and(|(_, contents, rest)| contents.len() == length && rest == [5]));
            assert_eq!(split(&octets[..octets.len() - 2]), None, "cut short");
        }
    }

    #[test]
    fn what_is_not_der_is_refused() {
        for octets in [
            &b""[..],
            b"\x02",
            b"\x02\x02\x05",
            b"\x04\x80\x00\x00",
            b"\x04\x81\x01\x05",
            b"\x04\x81",
            b"\x04\x82\x00\x80",
            b"\x04\x85\x00\x00\x00\x00\x01\x05",
            b"\x04\xff",
            b"\x1f\x81\x01\x00",
        ] {
            assert_eq!(split(octets), None, "{octets:02x?}");
        }
    }
}
