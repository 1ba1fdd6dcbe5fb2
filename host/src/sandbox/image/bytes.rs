//! Numbers in an image: little-endian, one behind the other.

use super::ImageError;

/// What is being read.
#[derive(Debug)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `len` bytes. That there are fewer is no accident: the digest was right.
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], ImageError> {
        let wrong = ImageError::Senseless { what: "length" };
        let (taken, rest) = self.0.split_at_checked(len).ok_or(wrong)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u32(&mut self) -> Result<u32, ImageError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, ImageError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn u128(&mut self) -> Result<u128, ImageError> {
        self.array().map(u128::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ImageError> {
        self.take(N).map(|bytes| bytes.first_chunk().copied().unwrap_or([0; N]))
    }
}

/// A length, which no memory of a guest makes larger than 32 bits.
pub(super) fn put_len(out: &mut Vec<u8>, len: usize) {
    out.extend(u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
}
