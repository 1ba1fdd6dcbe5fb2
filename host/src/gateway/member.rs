//! An account that may log in, whether or not it is connected.

use ringfence_core::wire::EVENT_LEN;

use super::bucket::Bucket;
use super::frame::Goodbye;
use super::history::History;
use super::names::Names;

/// What the gateway knows of an account.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) names: Names,
    /// Of its secret; none where it may not log in any more.
    pub(super) secret: Option<blake3::Hash>,
    /// Whether its orders are cancelled when its connection ends.
    pub(super) cancels: bool,
    /// Its connection.
    pub(super) line: Option<usize>,
    /// Its latest command that was taken in.
    pub(super) taken: u64,
    /// Its latest command of which everybody was told.
    pub(super) told: u64,
    pub(super) history: History,
    /// Since when nobody is to read more of the history than is kept, where it has more room.
    pub(super) calm_since: Option<u64>,
    pub(super) bucket: Bucket,
    /// When its orders are cancelled, unless it is back before.
    pub(super) cancels_at: Option<u64>,
}

impl Member {
    pub(super) const fn account(&self) -> u32 {
        self.names.account
    }

    /// The last of its commands that a goodbye speaks of. Where the journal takes no more, those that
    /// are not done may never be in it.
    pub(super) const fn acked_by(&self, why: Goodbye) -> u64 {
        if matches!(why, Goodbye::Stopped) { self.told } else { self.taken }
    }

    /// Appends what a snapshot keeps.
    pub(super) fn note(&self, notes: &mut Vec<u8>) {
        // What is held besides depends on who reads how fast, which no journal tells.
        let oldest = self.history.oldest_kept();
        let next = self.history.next();
        notes.extend_from_slice(&u64::from(self.account()).to_le_bytes());
        for number in [self.told, next, next - oldest] {
            notes.extend_from_slice(&number.to_le_bytes());
        }
        let mut number = oldest;
        while number < next {
            let run = self.history.run(number, usize::MAX);
            notes.extend_from_slice(run.as_flattened());
            number += run.len() as u64;
        }
    }

    /// Takes up what was noted.
    pub(super) fn recall(&mut self, note: &Note<'_>) {
        (self.taken, self.told) = (note.told, note.told);
        self.history.restore(note.next, note.events);
    }
}

/// What a snapshot keeps of an account.
#[derive(Debug)]
pub(super) struct Note<'a> {
    pub(super) account: u32,
    told: u64,
    next: u64,
    events: &'a [[u8; EVENT_LEN]],
}

impl<'a> Note<'a> {
    /// The first of `notes`, which begin behind it from then on.
    pub(super) fn read(notes: &mut &'a [u8]) -> Option<Self> {
        let (head, rest) = notes.split_first_chunk::<32>()?;
        let mut numbers = head.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
        let mut number = || numbers.next();
        let account = u32::try_from(number()?).ok()?;
        let (told, next) = (number()?, number()?);
        let len = usize::try_from(number()?).ok()?.checked_mul(EVENT_LEN)?;
        let (events, rest) = rest.split_at_checked(len)?;
        *notes = rest;
        Some(Self { account, told, next, events: events.as_chunks().0 })
    }
}
