//! Tells what a crash left at the end of a journal from what a failing disk did to its middle.
//!
//! A write that a crash interrupts is on the disk in part: any sectors of it, none of them promised
//! to anybody. Such an end is cut. Whatever was promised was on the disk before anything was
//! written behind it, and records say so: each tells up to which place the disk held everything
//! when it was written. A record that is not whole although a later one vouches for it was damaged.
//! The last record of all has nothing behind it that could vouch for it; there, a record that one
//! flipped bit would make whole counts as damaged.

use super::record::{ALIGN, FRAME_LEN, PAYLOAD_MAX, Record};

/// What stands where the next record should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing: zeros, or the end of the file.
    Clean,
    /// What a crash left of records that nobody was told of, up to this offset.
    Torn(usize),
    /// A record that was on the disk, and no longer is.
    Damaged(String),
}

/// Judges what stands from `at` on, where the record of `place` should begin and does not.
pub(super) fn judge(bytes: &[u8], at: usize, place: u64) -> Tail {
    let rest = bytes.get(at..).unwrap_or_default();
    let used = used(rest);
    if used == 0 {
        return Tail::Clean;
    }
    if let Some(witness) = witness(&rest[..used], place) {
        let problem = format!(
            "the record of place {place} is not what was written, though that of place {witness} \
             was written after it"
        );
        return Tail::Damaged(problem);
    }
    if one_bit_away(rest, place) {
        return Tail::Damaged(format!("a bit of the record of place {place} has flipped"));
    }
    Tail::Torn(at + used)
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
    let records = (0..rest.len()).step_by(ALIGN).filter_map(|at| Record::read(&rest[at..]));
    records
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
