//! Strategies go on where an earlier run of the venue left them: from their images, and from what the
//! journal says happened since.
//!
//! What happened since is told to them again, in the groups in which they heard it, and what they ask
//! for is compared with what the journal says that they asked for. Only who asks for the same, and for
//! nothing that the journal should have and has not, goes on; anybody else begins afresh, as does whose
//! image is older than the state that recovery began with. What they ask for beyond the journal's end
//! was lost with the process, and is sequenced now.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use ringfence_core::{Command, Event, Interest};

use crate::floor::Floor;
use crate::journal::{Entry, GROUPS_AHEAD_MAX};
use crate::recovery::Witness;
use crate::seat::{Seat, SeatImage, account_seat, asked_by};
use crate::sequencer::{Stamp, Stamped};

/// Strategies that come back, while the journal is read.
#[derive(Debug, Default)]
pub struct Comeback {
    /// Those who have heard of what happened since.
    floor: Floor,
    returning: BTreeMap<u16, Returning>,
    /// Those of whom the journal has not shown all that they asked for.
    asking: BTreeSet<u16>,
    afresh: BTreeMap<u16, WhyAfresh>,
    /// Who takes a seat behind which place.
    joining: BTreeMap<u64, Vec<u16>>,
    /// The place of the oldest image of those on the floor.
    oldest: Option<u64>,
    /// Whether records say where a group began.
    tells_groups: bool,
    /// How many commands are told again at most.
    most: u64,
    /// The next command is the first of a group.
    begins_group: bool,
    /// This group holds nothing so far but what those on the floor asked for.
    is_all_asked: bool,
    /// Groups that were read; where records do not tell them, moments: times that commands have.
    spans: u64,
    last: Stamp,
    /// The journal was read to its end.
    is_over: bool,
    door: Vec<Stamped>,
}

/// One of them.
#[derive(Debug)]
struct Returning {
    /// The seat, until it is on the floor.
    seat: Option<Seat>,
    image: SeatImage,
    /// What it asked for that the journal has not shown yet.
    asked: VecDeque<Asked>,
}

/// Something that it asked for.
#[derive(Debug)]
struct Asked {
    command: Command,
    /// How many spans had been read.
    spans: u64,
}

/// A strategy that goes on.
#[derive(Debug)]
pub struct Returned {
    /// Its seat, with its guest.
    pub seat: Seat,
    /// The state that it goes on from, but for the guest's own.
    pub image: SeatImage,
    /// The command after which its image was taken.
    pub taken: Stamp,
    /// How many commands it was told of since.
    pub commands: u64,
}

/// Why a strategy does not go on where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhyAfresh {
    /// Nothing was kept of it.
    NoImage,
    /// What was kept of it is not of it, or not sound.
    Unusable(String),
    /// The venue came back from a later state.
    TooOld {
        /// The place of its image.
        taken: u64,
        /// The place that recovery began with.
        begun: u64,
    },
    /// The journal does not get as far as its image.
    Ahead {
        /// The place of its image.
        taken: u64,
        /// The journal's last place.
        last: u64,
    },
    /// The image was taken after a command of another journal.
    OtherJournal {
        /// The place of its image.
        taken: u64,
    },
    /// Too much happened since.
    TooMuch {
        /// How many commands.
        commands: u64,
    },
    /// It asks for something else than it did.
    Differs {
        /// The place of the command in the journal.
        place: u64,
    },
}

/// Commands that a strategy is told of again.
pub(crate) const COMMANDS_MAX: u64 = 2_000_000;

/// Moments that pass at most before the journal has what was asked for, where records do not tell
/// groups: those that wait for the disk come first, and a venue's group has one moment or two.
const MOMENTS_MAX: u64 = 2 * (GROUPS_AHEAD_MAX + 1);

impl Comeback {
    /// Strategies come back to a journal whose records say where groups begin, or do not: they do
    /// where every group was on the disk before the next one.
    #[must_use]
    pub fn new(tells_groups: bool) -> Self {
        Self { tells_groups, most: COMMANDS_MAX, ..Self::default() }
    }

    /// The same, where at most so many commands are told again; two million otherwise.
    #[must_use]
    pub const fn telling_at_most(mut self, commands: u64) -> Self {
        self.most = commands;
        self
    }

    /// One that comes back: `seat` has the guest that was restored from `image`.
    pub fn add(&mut self, seat: Seat, image: SeatImage) {
        let asked = image.asked.iter().map(|it| Asked { command: it.clone(), spans: 0 }).collect();
        let number = image.number();
        let image = SeatImage { guest: None, ..image };
        self.joining.entry(image.taken.place).or_default().push(number);
        self.returning.insert(number, Returning { seat: Some(seat), image, asked });
    }

    /// One that does not.
    pub fn add_afresh(&mut self, number: u16, why: WhyAfresh) {
        self.afresh.insert(number, why);
    }

    /// The strategy at a seat, after the journal was read to its end.
    ///
    /// # Errors
    ///
    /// [`WhyAfresh`]: it begins anew.
    pub fn take(&mut self, number: u16) -> Result<Returned, WhyAfresh> {
        if !std::mem::replace(&mut self.is_over, true) {
            if self.tells_groups {
                self.end_span();
            }
            self.answer();
            self.join();
        }
        let last = self.last.place;
        let why = self.afresh.get(&number).cloned();
        let Some(returning) = self.returning.remove(&number) else {
            return Err(why.unwrap_or(WhyAfresh::NoImage));
        };
        let Returning { seat, image, asked } = returning;
        if seat.is_some() {
            return Err(WhyAfresh::Ahead { taken: image.taken.place, last });
        }
        let asked = asked.into_iter().map(|it| it.command).collect();
        let (seat, around) = self.floor.stand_up(number, self.last, asked);
        let taken = image.taken;
        let image = seat.image_around(around);
        Ok(Returned { seat, image, taken, commands: last - taken.place })
    }

    /// Those who are on the floor read their mail, and what they ask for is noted.
    fn answer(&mut self) {
        self.floor.answer(self.last, &mut self.door);
        for Stamped { command, .. } in self.door.drain(..) {
            let seat = asked_by(&command).and_then(account_seat);
            if let Some(returning) = seat.and_then(|number| self.returning.get_mut(&number)) {
                returning.asked.push_back(Asked { command, spans: self.spans });
                self.asking.extend(seat);
            }
        }
    }

    /// Gives up those who asked for what the journal should have by now: where it tells groups, what is
    /// asked for after one heads the next.
    fn end_span(&mut self) {
        // A crash may have left of a group the first of what was asked for; the rest was sequenced
        // when the venue went on, or will be.
        if std::mem::replace(&mut self.is_all_asked, self.tells_groups) {
            return;
        }
        self.spans += 1;
        let late = if self.tells_groups { 1 } else { MOMENTS_MAX + 1 };
        let is_late = |number: &u16| {
            let first = self.returning.get(number).and_then(|it| it.asked.front());
            first.is_some_and(|asked| self.spans - asked.spans >= late)
        };
        let late: Vec<u16> = self.asking.iter().copied().filter(is_late).collect();
        for number in late {
            self.give_up(number, WhyAfresh::Differs { place: self.last.place });
        }
    }

    /// Those whose image was taken here take their seats.
    fn join(&mut self) {
        let last = self.last;
        for number in self.joining.remove(&last.place).unwrap_or_default() {
            let Some(returning) = self.returning.get_mut(&number) else { continue };
            let taken = returning.image.taken;
            if taken != last {
                self.give_up(number, WhyAfresh::OtherJournal { taken: taken.place });
                continue;
            }
            if let Some(seat) = returning.seat.take() {
                self.oldest = self.oldest.or(Some(last.place));
                returning.asked.iter_mut().for_each(|asked| asked.spans = self.spans);
                if !returning.asked.is_empty() {
                    self.asking.insert(number);
                }
                self.floor.seat_at(seat, &returning.image);
            }
        }
    }

    fn give_up(&mut self, number: u16, why: WhyAfresh) {
        if let Some(Returning { seat: None, .. }) = self.returning.remove(&number) {
            drop(self.floor.stand_up(number, self.last, Vec::new()));
        }
        self.asking.remove(&number);
        self.afresh.insert(number, why);
    }

    /// Compares what a strategy asked for with what it asks for now.
    fn compare(&mut self, entry: &Entry) {
        let seat = asked_by(&entry.command).and_then(account_seat);
        let seat = seat.filter(|_| entry.origin.session == 0);
        let here = seat.and_then(|number| Some((number, self.returning.get_mut(&number)?)));
        let Some((number, returning)) = here.filter(|(_, it)| it.seat.is_none()) else {
            self.is_all_asked = false;
            return;
        };
        let asked = returning.asked.pop_front();
        if returning.asked.is_empty() {
            self.asking.remove(&number);
        }
        if asked.is_none_or(|asked| asked.command != entry.command) {
            self.is_all_asked = false;
            self.give_up(number, WhyAfresh::Differs { place: entry.stamp.place });
        }
    }

    /// Gives up those to whom too much was told again.
    fn tire(&mut self) {
        let last = self.last.place;
        if self.oldest.is_none_or(|oldest| last - oldest <= self.most) {
            return;
        }
        let here = self.returning.iter().filter(|(_, it)| it.seat.is_none());
        let (tired, others): (Vec<_>, Vec<_>) = here
            .map(|(&number, it)| (it.image.taken.place, number))
            .partition(|&(taken, _)| last - taken > self.most);
        for (_, number) in tired {
            self.give_up(number, WhyAfresh::TooMuch { commands: self.most });
        }
        self.oldest = others.into_iter().map(|(taken, _)| taken).min();
    }
}

impl Witness for Comeback {
    fn interest(&self) -> Interest {
        if self.returning.is_empty() {
            return Interest::NONE;
        }
        let seats = self.returning.values().filter_map(|it| it.seat.as_ref());
        let wanted = seats.map(|seat| seat.subscription().interest);
        wanted.fold(Interest::PRIVATE.and(Interest::TRADES), Interest::and)
    }

    fn begin_group(&mut self) {
        self.begins_group = true;
    }

    fn see(&mut self, entry: &Entry, events: &[Event]) {
        if self.returning.is_empty() {
            self.last = entry.stamp;
            return;
        }
        if !self.tells_groups {
            self.answer();
            if entry.stamp.at > self.last.at {
                self.end_span();
            }
        } else if std::mem::take(&mut self.begins_group) {
            self.end_span();
            self.answer();
        }
        self.join();
        self.compare(entry);
        self.floor.hear(entry.stamp, events);
        self.last = entry.stamp;
        self.tire();
    }

    fn recall(&mut self, last: Stamp, _notes: &[u8]) {
        self.last = last;
        let is_old = |it: &Returning| it.image.taken.place < last.place;
        let old = self.returning.iter().filter(|(_, it)| is_old(it));
        let old: Vec<_> = old.map(|(&number, it)| (number, it.image.taken.place)).collect();
        for (number, taken) in old {
            self.give_up(number, WhyAfresh::TooOld { taken, begun: last.place });
        }
    }
}

impl fmt::Display for WhyAfresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoImage => write!(f, "there is no image of it"),
            Self::Unusable(why) => write!(f, "{why}"),
            Self::TooOld { taken, begun } => write!(
                f,
                "its image is of place {taken}, and the venue came back from a snapshot of {begun}"
            ),
            Self::Ahead { taken, last } => {
                write!(f, "its image is of place {taken}, and the journal ends with {last}")
            }
            Self::OtherJournal { taken } => {
                write!(f, "its image of place {taken} was taken beside another journal")
            }
            Self::TooMuch { commands } => {
                write!(f, "more than {commands} commands came since its image")
            }
            Self::Differs { place } => write!(
                f,
                "told again what happened since its image, it asked for something else than the \
                 journal has at place {place}"
            ),
        }
    }
}
