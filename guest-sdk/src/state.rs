//! What one version of a strategy hands over to the next, as bytes: its own, behind its books.
//!
//! Nothing here is inlined: it runs once in the life of a strategy, and guests are to be small.

use core::fmt;

use ringfence_core::OrderId;

/// Writes what the next version is to know; [`Strategy::on_export`](crate::Strategy::on_export)
/// gets one.
///
/// Numbers are little-endian and follow each other without gaps. What has no room is noted, and the
/// whole hand-over fails then.
///
/// ```
/// # use ringfence_guest::prelude::*;
/// # struct Mine { trades: u64, last: Price }
/// # impl Mine {
/// // Two methods of a `Strategy` whose `STATE_VERSION` is 1.
/// fn on_export(&self, state: &mut StateWriter<'_>) {
///     state.u64(self.trades);
///     state.i64(self.last.0);
/// }
///
/// fn on_import(&mut self, state: &mut StateReader<'_>, version: u32) -> Result<(), StateError> {
///     if version != 1 {
///         return Err(StateError::Unfit("is laid out in another way"));
///     }
///     (self.trades, self.last) = (state.u64()?, Price(state.i64()?));
///     Ok(())
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct StateWriter<'a> {
    bytes: &'a mut [u8],
    len: usize,
    is_cut: bool,
}

impl<'a> StateWriter<'a> {
    pub(crate) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, len: 0, is_cut: false }
    }

    /// Writes bytes as they are.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        match self.bytes.get_mut(self.len..end) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.len = end;
            }
            None => self.is_cut = true,
        }
    }

    /// Writes a byte.
    #[inline(never)]
    pub fn u8(&mut self, number: u8) {
        self.bytes(&[number]);
    }

    /// Writes 4 bytes.
    #[inline(never)]
    pub fn u32(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    /// Writes 8 bytes: a quantity, a time, an order's name.
    #[inline(never)]
    pub fn u64(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    /// Writes 8 bytes: a price, a position.
    #[inline(never)]
    pub fn i64(&mut self, number: i64) {
        self.bytes(&number.to_le_bytes());
    }

    /// Writes 16 bytes: a worth.
    #[inline(never)]
    pub fn i128(&mut self, number: i128) {
        self.bytes(&number.to_le_bytes());
    }

    /// Writes numbers of 8 bytes each.
    #[inline(never)]
    pub(crate) fn words(&mut self, words: &[u64]) {
        words.iter().for_each(|word| self.u64(*word));
    }

    pub(crate) fn order_id(&mut self, id: OrderId) {
        self.u64(id.0);
    }

    /// How much was written.
    pub(crate) const fn finish(self) -> Result<usize, StateError> {
        if self.is_cut { Err(StateError::NoRoom) } else { Ok(self.len) }
    }
}

/// Reads what the earlier version wrote, in the same order;
/// [`Strategy::on_import`](crate::Strategy::on_import) gets one.
#[derive(Debug)]
pub struct StateReader<'a> {
    rest: &'a [u8],
}

impl<'a> StateReader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether everything was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    ///
    /// [`StateError::CutShort`] where there are not so many; so do the others.
    #[inline(never)]
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], StateError> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(StateError::CutShort)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The next byte.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    #[inline(never)]
    pub fn u8(&mut self) -> Result<u8, StateError> {
        self.array().map(u8::from_le_bytes)
    }

    /// The next 4 bytes.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    #[inline(never)]
    pub fn u32(&mut self) -> Result<u32, StateError> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next 8 bytes.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    #[inline(never)]
    pub fn u64(&mut self) -> Result<u64, StateError> {
        self.array().map(u64::from_le_bytes)
    }

    /// The next 8 bytes, signed.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    #[inline(never)]
    pub fn i64(&mut self) -> Result<i64, StateError> {
        self.array().map(i64::from_le_bytes)
    }

    /// The next 16 bytes, signed.
    ///
    /// # Errors
    ///
    /// As [`bytes`](Self::bytes).
    #[inline(never)]
    pub fn i128(&mut self) -> Result<i128, StateError> {
        self.array().map(i128::from_le_bytes)
    }

    /// The next numbers of 8 bytes each.
    #[inline(never)]
    pub(crate) fn words(&mut self, words: &mut [u64]) -> Result<(), StateError> {
        words.iter_mut().try_for_each(|word| self.u64().map(|read| *word = read))
    }

    pub(crate) fn order_id(&mut self) -> Result<OrderId, StateError> {
        self.u64().map(OrderId)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }
}

/// Why a state is not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateError {
    /// It is longer than the guest's buffer of commands, 8 KiB, of which the books take up to 4.
    NoRoom,
    /// It ends before what was to be read.
    CutShort,
    /// It is not one that this version takes over.
    Unfit(&'static str),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoom => f.write_str("the state has no room in the buffer of commands"),
            Self::CutShort => f.write_str("the state handed over is cut short"),
            Self::Unfit(why) => write!(f, "the state handed over {why}"),
        }
    }
}

impl core::error::Error for StateError {}

#[cfg(test)]
mod tests;
