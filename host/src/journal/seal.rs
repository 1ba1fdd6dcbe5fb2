//! What a journal that ended in order has behind its last record: the disk held all that comes before.
//!
//! Written when everything before it was on the disk, wiped before anything is written behind that:
//! a journal that goes on, or was interrupted, has none. Whoever does not know it takes it for torn
//! bytes, and cuts it.

use crate::sequencer::Stamp;

/// Bytes of a seal. A record is longer, so the one that follows covers it.
pub(super) const SEAL_LEN: usize = 32;

const MAGIC: &[u8; 8] = b"RINGSEAL";

/// The end of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    /// The last place, and the checksum of its record.
    pub(super) place: u64,
    pub(super) chain: u32,
    /// Where in its segment it stands: no client can guess that, who may choose much of a record.
    pub(super) at: u64,
}

impl Seal {
    pub(super) const fn after(last: Stamp, chain: u32, at: u64) -> Self {
        Self { place: last.place, chain, at }
    }

    pub(super) fn to_bytes(self) -> [u8; SEAL_LEN] {
        let mut bytes = [0; SEAL_LEN];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&self.place.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.at.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.chain.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The seal that stands at `at` of a segment, if a whole one does.
    pub(super) fn read(segment: &[u8], at: usize) -> Option<Self> {
        let bytes = segment.get(at..)?.first_chunk::<SEAL_LEN>()?;
        let wide = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"));
        let chain = u32::from_le_bytes(bytes[24..28].try_into().expect("four"));
        let seal = Self { place: wide(8), chain, at: wide(16) };
        (*bytes == seal.to_bytes() && seal.at == at as u64).then_some(seal)
    }
}
