//! Tells what a crash left at the end of a journal from what a failing disk did to its middle.
//!
//! A write that a crash interrupts is on the disk in part: any sectors of it, and zeros where the
//! others would be. Such an end is cut. What is there may be more than that:
//!
//! - Each record tells up to which place the disk held everything when it was written, and a
//!   [`Seal`] that it held all that comes before. A record that is not whole although a later one or
//!   a seal vouches for it was damaged.
//! - Where something whole comes behind it and no sector is missing between, nothing was interrupted:
//!   it was damaged as well.
//! - So was a record that one flipped bit would make whole.

use super::record::{ALIGN, FRAME_LEN, PAYLOAD_MAX, Record};
use super::seal::{SEAL_LEN, Seal};
use crate::sequencer::Stamp;

/// What stands where the next record should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing: zeros, or the end of the file.
    Clean,
    /// The seal of a journal that ended in order, and nothing else.
    Sealed,
    /// What a crash left, up to this offset, with so many whole records among it.
    Torn { to: usize, records: u64 },
    /// A record that was on the disk, and no longer is.
    Damaged(String),
}

/// Bytes that a disk writes as a whole, or not at all; many write more at once.
const SECTOR_LEN: usize = 512;

/// Judges what stands from `at` on, where the record should begin that follows `last`, which has the
/// checksum `chain`, and does not.
pub(super) fn judge(bytes: &[u8], at: usize, last: Stamp, chain: u32) -> Tail {
    let rest = bytes.get(at..).unwrap_or_default();
    let used = used(rest);
    if used == 0 {
        return Tail::Clean;
    }
    let (to, place) = (at + used, last.place + 1);
    let seal = seal(bytes, at, to);
    if seal == Some(Seal::after(last, chain, at as u64)) {
        return Tail::Sealed;
    }
    if let Some(Seal { place: end, .. }) = seal {
        return Tail::Damaged(format!(
            "the record of place {place} is not what was written, though the journal ended in \
             order with place {end} behind it"
        ));
    }
    if let Some(witness) = witness(&rest[..used], place) {
        return Tail::Damaged(format!(
            "the record of place {place} is not what was written, though that of place {witness} \
             was written after it"
        ));
    }
    if one_bit_away(rest, place) {
        return Tail::Damaged(format!("a bit of the record of place {place} has flipped"));
    }
    if was_written(bytes, at, to) {
        return Tail::Damaged(format!(
            "the record of place {place} is not what was written, and no crash leaves such bytes: \
             what comes behind it is there, and no sector between is missing"
        ));
    }
    Tail::Torn {
        to,
        records: records(&rest[..used]).filter(|r| r.stamp.place >= place).count() as u64,
    }
}

/// The seal behind which nothing comes, where one stands at `at` or later.
fn seal(bytes: &[u8], at: usize, to: usize) -> Option<Seal> {
    // Its last bytes may be zeros.
    let begin = to.next_multiple_of(ALIGN).checked_sub(SEAL_LEN)?;
    (begin >= at).then(|| Seal::read(bytes, begin)).flatten()
}

/// Whether what stands from `at` on was written to its end: up to the next whole record, or, where
/// none follows, as far as its own length says. A sector that was not written is full of zeros.
fn was_written(bytes: &[u8], at: usize, to: usize) -> bool {
    let rest = &bytes[at..to];
    let next =
        (ALIGN..rest.len()).step_by(ALIGN).find(|&next| Record::read(&rest[next..]).is_some());
    let own = || rest.first_chunk().map(|&len| FRAME_LEN + usize::from(u16::from_le_bytes(len)));
    let Some(end) = next.or_else(|| own().filter(|&len| len == rest.len())) else { return false };
    let sectors = (at / SECTOR_LEN..(at + end).div_ceil(SECTOR_LEN)).map(|s| s * SECTOR_LEN);
    let mut parts = sectors.map(|s| &bytes[s.max(at)..(s + SECTOR_LEN).min(at + end)]);
    parts.all(|part| part.iter().any(|&byte| byte != 0))
}

/// The whole records among these bytes.
fn records(rest: &[u8]) -> impl Iterator<Item = Record<'_>> {
    (0..rest.len()).step_by(ALIGN).filter_map(|at| Record::read(&rest[at..]))
}

/// How many bytes there are up to the last one that is not zero.
fn used(bytes: &[u8]) -> usize {
    // A page at a time, since nearly all of a segment may be zeros.
    const ZEROS: [u8; 4_096] = [0; 4_096];
    let page = bytes.chunks(ZEROS.len()).rposition(|page| *page != ZEROS[..page.len()]);
    let Some(page) = page.map(|page| page * ZEROS.len()) else { return 0 };
    let last = bytes[page..].iter().take(ZEROS.len()).rposition(|&byte| byte != 0);
    page + last.map_or(0, |last| last + 1)
}

/// The place of a whole record that was written when that of `place` was on the disk.
fn witness(rest: &[u8], place: u64) -> Option<u64> {
    records(rest)
        .filter(|record| record.stamp.place > place && record.durable() >= place)
        .map(|record| record.stamp.place)
        .next()
}

/// Whether one other bit would make these bytes the record of `place`.
fn one_bit_away(rest: &[u8], place: u64) -> bool {
    let longest = &rest[..rest.len().min(FRAME_LEN + PAYLOAD_MAX)];
    let Some(&len) = longest.first_chunk() else { return false };
    let mut bytes = longest.to_vec();
    let is_whole = |bytes: &[u8]| Record::read(bytes).is_some_and(|r| r.stamp.place == place);
    let len = FRAME_LEN + usize::from(u16::from_le_bytes(len));
    // A flip in the length itself is tried first, since it decides how many bits there are.
    let lengths = 0..u8::BITS * 2;
    let others = u8::BITS * 2..u32::try_from(len.min(bytes.len())).unwrap_or(0) * u8::BITS;
    lengths.chain(others).any(|bit| {
        let (byte, mask) = ((bit / u8::BITS) as usize, 1 << (bit % u8::BITS));
        bytes[byte] ^= mask;
        let whole = is_whole(&bytes);
        bytes[byte] ^= mask;
        whole
    })
}

#[cfg(test)]
mod tests;
