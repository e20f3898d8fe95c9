//! DER that grows at its end and gets its headers afterwards, in room kept free in front.

use der::{Encode as _, Header, Length, Tag};

/// Octets of the longest header met here: a tag, and a length of at most four octets after its own count.
pub(super) const HEADER_ROOM: usize = 6;

/// Octets with free room in front of them.
#[derive(Debug)]
pub(super) struct FrontBuffer {
    octets: Vec<u8>,
    start: usize,
}

impl FrontBuffer {
    /// An empty one with `room` in front and memory for `capacity` octets behind.
    pub(super) fn new(room: usize, capacity: usize) -> Self {
        let mut octets = Vec::with_capacity(room + capacity);
        octets.resize(room, 0);
        Self { octets, start: room }
    }

    /// Where to append.
    pub(super) fn back(&mut self) -> &mut Vec<u8> {
        &mut self.octets
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.octets.get(self.start..).unwrap_or_default()
    }

    /// Writes `piece` in front of all there is.
    pub(super) fn prepend(&mut self, piece: &[u8]) -> der::Result<()> {
        let overfull = || der::Error::from(der::ErrorKind::Overflow);
        let start = self.start.checked_sub(piece.len()).ok_or_else(overfull)?;
        self.octets.get_mut(start..self.start).ok_or_else(overfull)?.copy_from_slice(piece);
        self.start = start;
        Ok(())
    }

    /// Makes all there is the contents of one SEQUENCE.
    pub(super) fn wrap_in_sequence(&mut self) -> der::Result<()> {
        let length = Length::try_from(self.as_slice().len())?;
        self.prepend(&Header::new(Tag::Sequence, length).to_der()?)
    }

    /// The octets alone, moved to the start of the same memory.
    pub(super) fn into_vec(mut self) -> Vec<u8> {
        self.octets.drain(..self.start);
        self.octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_fit_whatever_the_length() {
        for (length, header) in [(0, 2), (127, 2), (128, 3), (255, 3), (256, 4), (65_536, 5), (1 << 24, 6)] {
            let mut buffer = FrontBuffer::new(HEADER_ROOM, 0);
            buffer.back().resize(HEADER_ROOM + length, 7);
            assert_eq!(buffer.wrap_in_sequence(), Ok(()));
            assert_eq!(buffer.as_slice().len(), header + length);
            assert_eq!(buffer.into_vec().len(), header + length);
        }
    }

    #[test]
    fn what_does_not_fit_in_front_is_refused() {
        let mut buffer = FrontBuffer::new(3, 10);
        assert!(buffer.prepend(&[1, 2]).is_ok());
        assert!(buffer.prepend(&[1, 2]).is_err());
        assert_eq!(buffer.as_slice(), [1, 2]);
    }
}
