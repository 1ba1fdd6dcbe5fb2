//! Any command at all, weighted so that books fill, cross, empty and overflow.

mod definitions;
mod orders;

use alloc::boxed::Box;

use super::Choice;
use crate::command::{Cancel, Command, NewQty, Phase, Quote, Reduce, Replace, Scope};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;
use definitions::{banded, limits, shared, spec, wrong_spec};

/// How many instruments are defined before anything else happens.
pub(super) const INSTRUMENTS: usize = 3;

/// Names are drawn from so few that repeats and stale names are common.
const IDS: u64 = 80;
const ACCOUNTS: u64 = 4;
/// Of these, the one that has a ledger.
const LEDGER: AccountId = AccountId(3);

/// Where the market of each instrument is: an ordinary one, one around zero, one at the ceiling.
const CENTRES: [i64; INSTRUMENTS] = [100, 0, i64::MAX - 7];

/// What the mix must remember to stay interesting.
#[derive(Clone, Debug, Default)]
pub(super) struct Mix {
    now: u64,
    defined: usize,
    /// Which instruments were put into another phase than that in which most happens.
    phases: [Option<Phase>; INSTRUMENTS],
    /// Who placed the latest orders under which name, for those that wait for them.
    latest: [(AccountId, OrderId); 4],
}

impl Mix {
    /// The next command and its time.
    pub(super) fn next(&mut self, choice: &mut impl Choice) -> (Time, Command) {
        if self.defined < INSTRUMENTS {
            self.defined += 1;
            let mut spec = spec(self.defined - 1);
            if choice.chance(60) {
                shared(choice, &mut spec);
            }
            if choice.chance(30) {
                banded(choice, &mut spec, self.defined - 1);
            }
            return (Time(self.now), Command::Instrument(Box::new(spec)));
        }
        self.now += match choice.below(16) {
            0 => 20,
            1..=5 => 1,
            _ => 0,
        };
        let travels_back = choice.below(64) == 0;
        let at = Time(if travels_back { self.now / 2 } else { self.now });
        (at, self.command(choice))
    }

    fn command(&mut self, choice: &mut impl Choice) -> Command {
        if let Some(book) = self.phases.iter().position(Option::is_some)
            && let Some(command) = self.wake(choice, book)
        {
            return command;
        }
        match choice.below(100) {
            0..=11 => Command::Cancel(Cancel {
                instrument: instrument(choice),
                account: account(choice),
                id: id(choice),
            }),
            12..=18 => Command::Reduce(Reduce {
                instrument: instrument(choice),
                account: account(choice),
                id: id(choice),
                by: qty(choice, 10),
            }),
            19..=33 => {
                let mut replace = replace(choice);
                if choice.chance(25) {
                    (replace.account, replace.id) = choice.pick(&self.latest);
                }
                Command::Replace(replace)
            }
            34 => Command::MassCancel(scope(choice)),
            35 if choice.chance(40) => Command::Kill(scope(choice)),
            35..=37 => Command::Unblock(scope(choice)),
            38 => self.phase(choice),
            39 if choice.chance(50) => self.phase(choice),
            39..=40 => Command::Time,
            41 => rare(choice),
            42..=43 => Command::Account(Box::new(limits(choice))),
            44..=46 => Command::Quote(quote(choice)),
            _ => {
                let order = self.order(choice);
                self.latest.rotate_left(1);
                self.latest[0] = (order.account, order.id);
                Command::New(order)
            }
        }
    }

    /// Where little happens it is over soon; where orders gather, when some have.
    fn wake(&mut self, choice: &mut impl Choice, book: usize) -> Option<Command> {
        let gathers = matches!(self.phases[book], Some(Phase::PreOpen | Phase::Auction));
        if !choice.chance(if gathers { 7 } else { 15 }) {
            return None;
        }
        let any = choice.pick(Phase::ALL);
        let then = if gathers && choice.chance(30) { any } else { Phase::Continuous };
        self.phases[book] = (then != Phase::Continuous).then_some(then);
        let instrument = name(book);
        Some(if gathers && choice.chance(60) {
            Command::Uncross { instrument, then }
        } else {
            Command::Phase { instrument, phase: then }
        })
    }

    fn phase(&mut self, choice: &mut impl Choice) -> Command {
        let instrument = instrument(choice);
        let phase = choice.pick(&[
            Phase::Halted,
            Phase::Halted,
            Phase::Closed,
            Phase::Continuous,
            Phase::Auction,
            Phase::Auction,
            Phase::Auction,
            Phase::Auction,
            Phase::PreOpen,
        ]);
        if let Some(known) = position(instrument).and_then(|book| self.phases.get_mut(book)) {
            *known = (phase != Phase::Continuous).then_some(phase);
        }
        Command::Phase { instrument, phase }
    }
}

fn name(book: usize) -> InstrumentId {
    // Neither dense nor in the order of definition.
    InstrumentId([70, 3, 41][book])
}

fn position(instrument: InstrumentId) -> Option<usize> {
    (0..INSTRUMENTS).find(|&book| name(book) == instrument)
}

fn instrument(choice: &mut impl Choice) -> InstrumentId {
    match choice.below(64) {
        0 => InstrumentId(9),
        1..=28 => name(0),
        29..=46 => name(1),
        _ => name(2),
    }
}

fn account(choice: &mut impl Choice) -> AccountId {
    // One account owns most orders: else most cancels would be for another's.
    let other = u32::try_from(choice.below(ACCOUNTS)).expect("few accounts");
    AccountId(if choice.chance(60) { 1 } else { other })
}

fn id(choice: &mut impl Choice) -> OrderId {
    OrderId(choice.below(IDS))
}

fn side(choice: &mut impl Choice) -> Side {
    choice.pick(&Side::BOTH)
}

fn price(choice: &mut impl Choice, instrument: InstrumentId) -> Price {
    if choice.below(100) == 0 {
        return choice.pick(&[Price::MIN, Price(0), Price::MAX, Price(i64::MIN + 1)]);
    }
    let book = position(instrument).unwrap_or(0);
    if choice.below(32) == 0 {
        let far = i64::try_from(choice.below(20_000)).expect("small") - 10_000;
        return Price(CENTRES[book].saturating_add(far * 5));
    }
    // Two draws make the middle likelier than the ends.
    let steps = i64::try_from(choice.below(8) + choice.below(8)).expect("below 16") - 7;
    let on_tick = if book == 1 && !choice.chance(5) { steps * 5 } else { steps };
    let on_tick = if book == 1 && on_tick > 30 { on_tick / 10 * 10 } else { on_tick };
    Price(CENTRES[book].saturating_add(on_tick))
}

fn qty(choice: &mut impl Choice, most: u64) -> Qty {
    match choice.below(128) {
        0 => Qty(0),
        1 => choice.pick(&[Qty::MAX, Qty(u64::MAX - 1), Qty(1 << 63)]),
        2..=10 => Qty(1 + choice.below(most)),
        _ => Qty(2 + 2 * choice.below(most / 2)),
    }
}

fn replace(choice: &mut impl Choice) -> Replace {
    let instrument = instrument(choice);
    Replace {
        instrument,
        account: account(choice),
        id: id(choice),
        new_id: choice.chance(30).then(|| id(choice)),
        price: choice.chance(50).then(|| price(choice, instrument)),
        qty: match choice.below(4) {
            0 => NewQty::Keep,
            1 => NewQty::Open(qty(choice, 30)),
            _ => NewQty::Total(qty(choice, 40)),
        },
    }
}

fn scope(choice: &mut impl Choice) -> Scope {
    Scope {
        account: choice.chance(85).then(|| account(choice)),
        instrument: choice.chance(60).then(|| instrument(choice)),
        side: choice.chance(40).then(|| side(choice)),
    }
}

/// What seldom comes: configuration while trading, and what belongs to auctions and quotes.
fn rare(choice: &mut impl Choice) -> Command {
    let book = usize::try_from(choice.below(INSTRUMENTS as u64)).expect("few instruments");
    match choice.below(3) {
        0 => Command::Uncross { instrument: instrument(choice), then: Phase::Continuous },
        1 => Command::Instrument(Box::new(spec(book))),
        _ => Command::Instrument(Box::new(wrong_spec(choice))),
    }
}

fn quote(choice: &mut impl Choice) -> Quote {
    let instrument = instrument(choice);
    let id = if choice.chance(1) { OrderId(u64::MAX) } else { id(choice) };
    let (one, other) = (price(choice, instrument), price(choice, instrument));
    let (bid, ask) =
        if choice.chance(95) { (one.min(other), one.max(other)) } else { (one, other) };
    Quote {
        instrument,
        account: account(choice),
        id,
        bid: choice.chance(90).then(|| (bid, qty(choice, 30))),
        ask: choice.chance(90).then(|| (ask, qty(choice, 30))),
    }
}
