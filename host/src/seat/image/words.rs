//! How an image is written: little-endian numbers, and bytes behind their length.

use super::SeatImageError;
use crate::seat::ledger::SUM_MAX;

/// What an image is written into.
#[derive(Debug, Default)]
pub(super) struct Ink(pub(super) Vec<u8>);

impl Ink {
    pub(super) fn bytes<const N: usize>(&mut self, bytes: [u8; N]) {
        self.0.extend(bytes);
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes(value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.bytes(value.to_le_bytes());
    }

    pub(super) fn u128(&mut self, value: u128) {
        self.bytes(value.to_le_bytes());
    }

    pub(super) fn i128(&mut self, value: i128) {
        self.bytes(value.to_le_bytes());
    }

    /// How many of something follow. Everything that a seat keeps is bounded far below 32 bits.
    pub(super) fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).expect("everything at a seat is bounded"));
    }

    pub(super) fn slice(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend(bytes);
    }
}

/// What of an image has not been read. That something is missing is no accident: the digest was
/// right.
#[derive(Debug)]
pub(super) struct Words<'a>(pub(super) &'a [u8]);

impl<'a> Words<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], SeatImageError> {
        let wrong = SeatImageError::Senseless { what: "length" };
        let (array, rest) = self.0.split_first_chunk::<N>().ok_or(wrong)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, SeatImageError> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Result<u32, SeatImageError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, SeatImageError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn u128(&mut self) -> Result<u128, SeatImageError> {
        self.array().map(u128::from_le_bytes)
    }

    /// What was counted: no venue gets as far as 2 to this power.
    pub(super) fn tally(&mut self) -> Result<u64, SeatImageError> {
        let wrong = SeatImageError::Senseless { what: "count" };
        self.u64().and_then(|tally| if tally < 1 << 62 { Ok(tally) } else { Err(wrong) })
    }

    /// A sum of what orders can be worth.
    pub(super) fn worth(&mut self) -> Result<i128, SeatImageError> {
        let wrong = SeatImageError::Senseless { what: "sum" };
        let worth = self.array().map(i128::from_le_bytes)?;
        if worth.unsigned_abs() <= SUM_MAX.unsigned_abs() { Ok(worth) } else { Err(wrong) }
    }

    pub(super) fn flag(&mut self) -> Result<bool, SeatImageError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(SeatImageError::Senseless { what: "flag" }),
        }
    }

    pub(super) fn slice(&mut self) -> Result<&'a [u8], SeatImageError> {
        let len = self.u32()? as usize;
        let wrong = SeatImageError::Senseless { what: "length" };
        let (slice, rest) = self.0.split_at_checked(len).ok_or(wrong)?;
        self.0 = rest;
        Ok(slice)
    }

    pub(super) fn text(&mut self) -> Result<String, SeatImageError> {
        let wrong = SeatImageError::Senseless { what: "text" };
        str::from_utf8(self.slice()?).map(str::to_owned).map_err(|_| wrong)
    }

    /// As many as it says; memory is taken as they are read, not as they are announced.
    pub(super) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, SeatImageError>,
    ) -> Result<Vec<T>, SeatImageError> {
        let mut list = Vec::new();
        for _ in 0..self.u32()? {
            list.push(read(self)?);
        }
        Ok(list)
    }
}
