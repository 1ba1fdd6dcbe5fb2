//! Positions of accounts that have no limits, from their first trade on.

use alloc::vec::Vec;

use crate::id::{AccountId, InstrumentId};
use crate::state_hash::StateHasher;

/// What an account without limits owns of one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) account: AccountId,
    pub(crate) instrument: InstrumentId,
    /// Lots bought less lots sold.
    pub(crate) position: i128,
}

/// All of them: open addressing, at most half full. What is beyond its room is not kept, and so
/// counts as nothing.
#[derive(Clone, Debug)]
pub(crate) struct Standings {
    entries: Vec<Entry>,
    len: u32,
    room: u32,
}

/// A pair of an account and an instrument, 1, and the halves of a position. All zeros where there is
/// none, so that the system hands out the table's pages when they are first touched.
type Entry = [u64; 4];

const VACANT: Entry = [0; 4];

impl Standings {
    /// Room for so many pairs of an account and an instrument.
    pub(crate) fn new(room: u32) -> Self {
        let len = (2 * room as usize).next_power_of_two();
        Self { entries: alloc::vec![VACANT; len], len: 0, room }
    }

    /// An account's position.
    pub(crate) fn position(&self, account: AccountId, instrument: InstrumentId) -> i128 {
        position_in(&self.entries[self.place(pair(account, instrument))])
    }

    /// Whether an account's position is kept.
    pub(crate) fn has(&self, account: AccountId, instrument: InstrumentId) -> bool {
        is_kept(&self.entries[self.place(pair(account, instrument))])
    }

    /// Adds so many lots to an account's position; whether it is kept.
    pub(crate) fn add(&mut self, account: AccountId, instrument: InstrumentId, lots: i128) -> bool {
        let pair = pair(account, instrument);
        let place = self.place(pair);
        let entry = &mut self.entries[place];
        if !is_kept(entry) {
            if self.len >= self.room {
                return false;
            }
            self.len += 1;
        }
        *entry = entry_of(pair, position_in(entry).saturating_add(lots));
        true
    }

    /// Gives up an account's position, if one is kept.
    pub(crate) fn take(&mut self, account: AccountId, instrument: InstrumentId) -> Option<i128> {
        let mut hole = self.place(pair(account, instrument));
        let taken = self.entries[hole];
        if !is_kept(&taken) {
            return None;
        }
        self.len -= 1;
        // Those behind it that would not be found past the hole move into it.
        let mut at = hole;
        loop {
            at = self.next(at);
            let entry = self.entries[at];
            if !is_kept(&entry) {
                self.entries[hole] = VACANT;
                return Some(position_in(&taken));
            }
            if self.distance(self.home(entry[0]), at) >= self.distance(hole, at) {
                self.entries[hole] = entry;
                hole = at;
            }
        }
    }

    /// All of them, by account, then instrument.
    #[cfg(any(test, feature = "snapshot"))]
    pub(crate) fn sorted(&self) -> Vec<Standing> {
        let mut all: Vec<Standing> = self.all().collect();
        all.sort_unstable_by_key(|standing| (standing.account, standing.instrument));
        all
    }

    /// Feeds all of them: the sum of their hashes, since they lie in no order. Nothing where there
    /// are none.
    pub(crate) fn hash(&self, hasher: &mut StateHasher) {
        if self.len > 0 {
            let each = self.all().map(|standing| standing.hash());
            hasher.word(each.fold(0, u64::wrapping_add));
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "halves of a pair")]
    fn all(&self) -> impl Iterator<Item = Standing> {
        let used = self.entries.iter().filter(|entry| is_kept(entry));
        used.take(self.len as usize).map(|entry| {
            let (pair, position) = (entry[0], position_in(entry));
            let (account, instrument) = ((pair >> 32) as u32, pair as u32);
            let (account, instrument) = (AccountId(account), InstrumentId(instrument));
            Standing { account, instrument, position }
        })
    }

    /// Where a pair is, or would be.
    #[inline]
    fn place(&self, pair: u64) -> usize {
        let mut at = self.home(pair);
        while self.entries[at][0] != pair && is_kept(&self.entries[at]) {
            at = self.next(at);
        }
        at
    }

    /// Where a pair is looked for first.
    #[inline]
    fn home(&self, pair: u64) -> usize {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let mixed = pair.wrapping_mul(GOLDEN);
        let mixed = (mixed ^ mixed >> 32).wrapping_mul(GOLDEN);
        (mixed >> 32) as usize & (self.entries.len() - 1)
    }

    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.entries.len() - 1)
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.entries.len() - 1)
    }
}

/// A pair as a number.
fn pair(account: AccountId, instrument: InstrumentId) -> u64 {
    u64::from(account.0) << 32 | u64::from(instrument.0)
}

#[expect(clippy::cast_possible_truncation, reason = "halves of a position")]
fn entry_of(pair: u64, position: i128) -> Entry {
    let bits = position.cast_unsigned();
    [pair, 1, bits as u64, (bits >> 64) as u64]
}

fn is_kept(&[_, kept, ..]: &Entry) -> bool {
    kept != 0
}

fn position_in(&[_, _, low, high]: &Entry) -> i128 {
    (u128::from(high) << 64 | u128::from(low)).cast_signed()
}

impl Standing {
    /// The hash of one.
    pub(crate) fn hash(&self) -> u64 {
        let mut hasher = StateHasher::default();
        hasher.word(pair(self.account, self.instrument));
        hasher.wide(self.position);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use super::Standings;
    use crate::id::{AccountId, InstrumentId};

    /// A table of few places, filled, emptied and looked through at random, has what a map has.
    #[test]
    fn it_keeps_what_a_map_keeps() {
        let mut random = 7_u64;
        let mut draw = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (random >> 33) % below
        };
        let (mut table, mut map) = (Standings::new(24), BTreeMap::new());
        let (mut refused, mut taken) = (0, 0);
        for _ in 0..20_000 {
            let account = AccountId(u32::try_from(draw(9)).unwrap());
            let instrument = InstrumentId(u32::try_from(draw(4)).unwrap());
            let key = (account, instrument);
            if draw(3) == 0 {
                let gone = table.take(account, instrument);
                assert_eq!(gone, map.remove(&key));
                taken += u32::from(gone.is_some());
            } else {
                let lots = i128::from(draw(100)) - 50;
                let kept = map.contains_key(&key) || map.len() < 24;
                assert_eq!(table.add(account, instrument, lots), kept);
                refused += u32::from(!kept);
                if kept {
                    *map.entry(key).or_insert(0) += lots;
                }
            }
            assert_eq!(table.has(account, instrument), map.contains_key(&key));
            let position = map.get(&key).copied().unwrap_or(0);
            assert_eq!(table.position(account, instrument), position);
            let all = table.sorted().into_iter();
            let all = all.map(|one| ((one.account, one.instrument), one.position));
            assert!(all.eq(map.iter().map(|(&key, &position)| (key, position))));
        }
        assert!(refused > 20 && taken > 1_000, "{refused} {taken}");
    }
}
