//! Tokens give an ECDSA signature as r || s; X.509 has it as DER (RFC 3279 §2.2.3).
//!
//! ```asn1
//! ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }
//! ```

/// Encodes r || s; `None` if the octets are not two numbers of equal length.
pub(super) fn to_der(fixed: &[u8]) -> Option<Vec<u8>> {
    if fixed.is_empty() || !fixed.len().is_multiple_of(2) {
        return None;
    }
    let (r, s) = fixed.split_at(fixed.len() / 2);
    tagged(0x30, &[integer(r)?, integer(s)?].concat())
}

fn integer(number: &[u8]) -> Option<Vec<u8>> {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    let digits = number.get(zeros..)?;
    // A first bit of one would make the INTEGER negative; zero itself is one octet.
    let pad = digits.first().is_none_or(|first| *first >= 0x80);
    tagged(0x02, &[if pad { &[0][..] } else { &[] }, digits].concat())
}

fn tagged(tag: u8, content: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(content.len()).ok()?;
    let header = if length < 0x80 { vec![tag, length] } else { vec![tag, 0x81, length] };
    Some([header, content.to_vec()].concat())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_minimal_and_positive() {
        assert_eq!(to_der(&[0, 1, 0x80, 0]).unwrap(), [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 0]);
        assert_eq!(to_der(&[0, 0, 0, 0]).unwrap(), [0x30, 6, 2, 1, 0, 2, 1, 0]);
    }

    #[test]
    fn odd_lengths_are_refused() {
        assert_eq!(to_der(&[]), None);
        assert_eq!(to_der(&[1, 2, 3]), None);
        assert_eq!(to_der(&[0xff; 512]), None);
    }

    proptest! {
        #[test]
        fn an_independent_decoder_reads_it(r in prop::array::uniform32(0_u8..), s in prop::array::uniform32(0_u8..)) {
            let fixed = [r, s].concat();
            // Numbers outside 1..n are no signature; the decoder refuses them before and after alike.
            if let Ok(expected) = p256::ecdsa::Signature::from_slice(&fixed) {
                let expected = expected.to_der();
                prop_assert_eq!(to_der(&fixed).unwrap(), expected.as_bytes());
            }
        }
    }
}
