//! A seat between two turns, as bytes: whoever sits there goes on from them in another process.
//!
//! What is in them: the guest's own image, its unread mail, when its timer rings, what is left of its
//! limits, where it stands, its failures, its ledger and counts, and what it asked for that has no
//! place in the sequence yet. What is not: its module, limits and policy, which whoever restores
//! names; and the book, which the journal has.

mod parts;
mod words;

use ringfence_core::wire::{CommandRecord, EventRecord};
use ringfence_core::{Command, Time};

use super::limits::UsedParts;
use super::{Counts, Failure, FaultCounts, Ledger, Seat, Standing};
use crate::sandbox::{Fault, Stats};
use crate::sequencer::Stamp;
use words::{Ink, Words};

/// A seat as it was after a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatImage {
    pub(crate) number: u16,
    pub(crate) module: [u8; 32],
    pub(crate) taken: Stamp,
    pub(crate) name: String,
    pub(crate) params: String,
    pub(crate) standing: Standing,
    pub(crate) faults: FaultCounts,
    pub(crate) faults_in_last_words: u32,
    pub(crate) failures: Vec<Failure>,
    pub(crate) heard: u64,
    pub(crate) used: UsedParts,
    pub(crate) counts: Counts,
    pub(crate) ledger: Ledger,
    pub(crate) past: Stats,
    pub(crate) rings: bool,
    /// When its timer rings next; 0 where it begins with the next command.
    pub(crate) due: Option<Time>,
    /// Unread mail, and whether each event is the first of its command.
    pub(crate) mail: Vec<(EventRecord, bool)>,
    /// What it asked for that nobody was told of yet, in order.
    pub(crate) asked: Vec<Command>,
    /// The guest's own image; none where it does not run.
    pub(crate) guest: Option<Vec<u8>>,
}

/// Why there is no image of a seat, or why bytes are none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SeatImageError {
    /// There is no such seat.
    #[error("there is no strategy {0}; the first is 0")]
    NoSeat(u16),
    /// Whoever sat there was unloaded.
    #[error("the strategy {0} was unloaded, and there is nothing left of it to keep")]
    Left(u16),
    /// It is no Wasm guest.
    #[error("the strategy {0} is code of the host's own, of which there are no images")]
    Native(u16),
    /// The guest is spent, though it was not noticed before.
    #[error("the strategy {number} cannot be kept: it {fault}")]
    Spent {
        /// Which.
        number: u16,
        /// Why.
        fault: Fault,
    },
    /// The bytes are something else.
    #[error(
        "it is not the image of a strategy at its seat; `ringfence strategy snapshot` makes one"
    )]
    Foreign,
    /// They were written by another version.
    #[error(
        "it is an image of version {version}, and this host reads {VERSION}: use the ringfence that \
         wrote it, or load the strategy afresh"
    )]
    Version {
        /// Which.
        version: u32,
    },
    /// They were changed, or cut off.
    #[error("it is damaged, its digest is not that of its bytes: use another image")]
    Damaged,
    /// They are of another seat, whose account and order ids are others.
    #[error("it is of the strategy {of}, and cannot go on as the strategy {here}")]
    OtherSeat {
        /// Whose it is.
        of: u16,
        /// Where it was to go on.
        here: u16,
    },
    /// They are whole, but no seat can be in that state.
    #[error("it makes no sense, its {what} cannot be: use another image")]
    Senseless {
        /// What of it.
        what: &'static str,
    },
}

impl SeatImage {
    /// One of a strategy that failed once and did nothing else.
    #[cfg(test)]
    pub(crate) fn empty(number: u16, taken: Stamp) -> Self {
        let fault = Fault::GuestError { code: -1 };
        let failure = Failure { at: taken.at, fault, backtrace: Vec::new(), log: Vec::new() };
        let seat = Seat { standing: Standing::Stopped, ..Seat::left(number) };
        let around = Around { taken, due: None, mail: Vec::new(), asked: Vec::new() };
        let mut faults = FaultCounts::default();
        faults.add(failure.fault.cause());
        Self { faults, failures: vec![failure], ..seat.image_around(around) }
    }

    /// Reads an image, and checks all of it but the guest's own part, which
    /// [`Sandbox::restore`](crate::sandbox::Sandbox::restore) does.
    ///
    /// # Errors
    ///
    /// [`SeatImageError`] where the bytes are no image.
    pub fn read(bytes: &[u8]) -> Result<Self, SeatImageError> {
        let Some(rest) = bytes.strip_prefix(&MAGIC) else { return Err(SeatImageError::Foreign) };
        let version = Words(rest).u32().map_err(|_| SeatImageError::Damaged)?;
        if version != VERSION {
            return Err(SeatImageError::Version { version });
        }
        let (body, digest) = bytes.split_last_chunk::<32>().ok_or(SeatImageError::Damaged)?;
        if blake3::hash(body) != blake3::Hash::from_bytes(*digest) {
            return Err(SeatImageError::Damaged);
        }
        let mut rest = Words(body.get(MAGIC.len() + 4..).ok_or(SeatImageError::Damaged)?);
        let image = Self::read_parts(&mut rest)?;
        if rest.0.is_empty() {
            Ok(image)
        } else {
            Err(SeatImageError::Senseless { what: "length" })
        }
    }

    /// The image as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Ink::default();
        out.bytes(MAGIC);
        out.u32(VERSION);
        self.write_parts(&mut out);
        let digest = blake3::hash(&out.0);
        out.bytes(*digest.as_bytes());
        out.0
    }

    /// Whose it is: the number of the seat.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// The command after which it was taken.
    #[must_use]
    pub const fn taken(&self) -> Stamp {
        self.taken
    }

    /// What people call the strategy.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parameters that it was started with, a line each.
    #[must_use]
    pub fn params(&self) -> &str {
        &self.params
    }

    /// What says which module it is of, and under which rules that was admitted.
    #[must_use]
    pub const fn module(&self) -> &[u8; 32] {
        &self.module
    }

    /// The image of the guest itself; none where it did not run, and starts from nothing.
    #[must_use]
    pub fn guest(&self) -> Option<&[u8]> {
        self.guest.as_deref()
    }

    /// Where the strategy stood.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }
}

/// What the floor and the host keep of a seat.
#[derive(Debug)]
pub(crate) struct Around {
    pub(crate) taken: Stamp,
    pub(crate) due: Option<Time>,
    pub(crate) mail: Vec<(EventRecord, bool)>,
    pub(crate) asked: Vec<Command>,
}

impl Seat {
    /// The seat as it is between two turns.
    pub(crate) fn image(&mut self, around: Around) -> Result<SeatImage, SeatImageError> {
        let number = self.number();
        let module = self.chair.guest.module().ok_or(SeatImageError::Native(number));
        let guest = match self.standing {
            Standing::Left => return Err(SeatImageError::Left(number)),
            Standing::Running => {
                let image = self.chair.guest.image().ok_or(SeatImageError::Native(number))?;
                Some(image.map_err(|fault| SeatImageError::Spent { number, fault })?)
            }
            _ => None,
        };
        module?;
        Ok(SeatImage { guest, ..self.image_around(around) })
    }

    /// As [`image`](Self::image), but for the guest's own part.
    pub(crate) fn image_around(&self, around: Around) -> SeatImage {
        let Around { taken, due, mail, asked } = around;
        SeatImage {
            number: self.number(),
            module: self.chair.guest.module().unwrap_or_default(),
            taken,
            name: self.name.clone(),
            params: self.params.clone(),
            standing: self.standing,
            faults: self.faults,
            faults_in_last_words: self.faults_in_last_words,
            failures: self.failures.iter().cloned().collect(),
            heard: self.heard,
            used: self.used.parts(),
            counts: self.counts,
            ledger: self.ledger.clone(),
            past: if self.is_running() { self.chair.past } else { self.stats() },
            rings: self.chair.rings,
            due,
            mail,
            asked,
            guest: None,
        }
    }

    /// Goes on where the image was; the guest sits here already.
    pub(crate) fn resume(&mut self, image: &SeatImage) {
        self.standing = image.standing;
        self.faults = image.faults;
        self.faults_in_last_words = image.faults_in_last_words;
        self.failures = image.failures.iter().cloned().collect();
        self.heard = image.heard;
        self.used.resume(&self.limits, image.used);
        self.counts = image.counts;
        self.ledger = image.ledger.clone();
        // Of a guest that did not run, nothing is left but what it used.
        let fresh = self.chair.guest.stats();
        self.chair.past = if self.is_running() { image.past } else { image.past.before(&fresh) };
        self.chair.rings = image.rings && self.chair.guest.takes_rings();
    }
}

/// A command that a guest may have asked for, in the exchange's names.
fn asked(record: &CommandRecord) -> Result<Command, SeatImageError> {
    let command = record.to_command().ok();
    let is_same = |it: &Command| CommandRecord::from_command(it).as_ref() == Some(record);
    command.filter(is_same).ok_or(SeatImageError::Senseless { what: "command" })
}

/// What an image begins with.
const MAGIC: [u8; 8] = *b"RFSEAT\n\n";

/// Changes with the bytes.
const VERSION: u32 = 2;
