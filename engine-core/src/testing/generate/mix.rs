//! Any command at all, weighted so that books fill, cross, empty and overflow.

use alloc::boxed::Box;

use super::Choice;
use crate::allocation::Allocation;
use crate::command::{
    Cancel, Command, NewOrder, NewQty, OrderType, Peg, Phase, PostOnly, Quote, Reduce, Replace,
    Scope, Stp, TimeInForce,
};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::{Algo, InstrumentSpec, ReplacePolicy};
use crate::quantity::{Price, Qty, Time};
use crate::risk::AccountSpec;
use crate::side::Side;

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

    fn order(&self, choice: &mut impl Choice) -> NewOrder {
        let instrument = instrument(choice);
        let side = side(choice);
        let mut order = NewOrder {
            instrument,
            account: account(choice),
            tif: tif(choice),
            stp_group: u32::try_from(choice.below(6).saturating_sub(3)).expect("below 3"),
            stp: choice.pick(Stp::ALL),
            ..NewOrder::limit(id(choice), side, price(choice, instrument), qty(choice, 30))
        };
        let gathers = position(instrument)
            .is_some_and(|book| matches!(self.phases[book], Some(Phase::PreOpen | Phase::Auction)));
        if choice.chance(8) {
            order.reduce_only = true;
            order.account = choice.pick(&[LEDGER, LEDGER, AccountId(1)]);
        }
        if gathers && choice.chance(80) {
            // Most of what is for at once is refused.
            order.tif = choice.pick(&[
                TimeInForce::Gtc,
                TimeInForce::Gtc,
                TimeInForce::Day,
                TimeInForce::Auction,
                TimeInForce::AtOpen,
                TimeInForce::AtClose,
            ]);
        }
        match choice.below(100) {
            0..=11 => sweeping(choice, &mut order),
            12..=20 => {
                order.order_type = OrderType::Iceberg;
                order.display = Qty(2 + 2 * choice.below(2));
                if choice.chance(5) {
                    order.display = Qty(order.qty.0 / 4 * 2);
                }
            }
            21..=26 => order.hidden = true,
            27..=46 => stopped(choice, &mut order),
            47..=58 => pegged(choice, &mut order),
            _ => {}
        }
        let may_post = order.price.is_some() || order.order_type == OrderType::Pegged;
        if may_post && choice.chance(15) {
            order.post_only = choice.pick(&[PostOnly::Reject, PostOnly::Slide]);
        }
        let may = order.display.is_zero()
            && order.post_only == PostOnly::No
            && order.order_type != OrderType::Pegged;
        order.all_or_none = may && choice.chance(12);
        self.link(choice, &mut order);
        if order.tif == TimeInForce::Gtd {
            order.expire_at = Time(self.now + choice.below(48));
        }
        if choice.chance(4) {
            spoil(choice, &mut order);
        }
        order
    }

    /// Ties an order to others: to a group, or to one that it waits for.
    fn link(&self, choice: &mut impl Choice, order: &mut NewOrder) {
        if choice.chance(18) {
            order.group = 1 + choice.below(3);
        }
        if order.notional == 0 && choice.chance(9) {
            let (account, parent) = choice.pick(&self.latest);
            order.parent = parent.0;
            if choice.chance(90) {
                order.account = account;
            }
        }
        let may_take = order.post_only == PostOnly::No && order.order_type != OrderType::Pegged;
        if order.notional == 0 && may_take && choice.chance(8) {
            order.min_qty = Qty(2 + 2 * choice.below(4));
        }
    }
}

/// Makes an order one that takes any price, or any up to a limit.
fn sweeping(choice: &mut impl Choice, order: &mut NewOrder) {
    *order = NewOrder { order_type: OrderType::Market, price: None, ..*order };
    order.limit = choice.chance(50).then(|| price(choice, order.instrument));
    if choice.chance(70) {
        order.tif = TimeInForce::Gtc;
    }
    match choice.below(5) {
        0 => (order.qty, order.notional) = (Qty(0), 1 + choice.below(3_000)),
        1 => order.order_type = OrderType::MarketToLimit,
        _ => {}
    }
}

/// Makes an order one that waits for a stop.
fn stopped(choice: &mut impl Choice, order: &mut NewOrder) {
    use OrderType as T;
    let kind =
        choice.pick(&[T::Stop, T::StopLimit, T::TrailingStop, T::TrailingStopLimit, T::StopLimit]);
    order.order_type = kind;
    let trails = matches!(kind, T::TrailingStop | T::TrailingStopLimit);
    if !trails || choice.chance(30) {
        order.stop = Some(price(choice, order.instrument));
    }
    if trails {
        order.trail = 1 + choice.below(6);
        if choice.below(64) == 0 {
            order.trail = (u64::MAX >> choice.below(2)) - choice.below(2);
        }
    }
    if matches!(kind, T::Stop | T::TrailingStop) {
        order.price = None;
        order.limit = choice.chance(40).then(|| price(choice, order.instrument));
    } else {
        order.hidden = choice.chance(10);
    }
    if choice.chance(60) {
        order.tif = TimeInForce::Gtc;
    }
}

/// Makes an order one that follows a price.
fn pegged(choice: &mut impl Choice, order: &mut NewOrder) {
    order.order_type = OrderType::Pegged;
    order.price = None;
    order.peg = choice.pick(Peg::ALL);
    order.offset = match choice.below(16) {
        0..=5 => 0,
        6 => choice.pick(&[i64::MIN, i64::MAX, i64::MIN + 9, 20 - i64::MAX]),
        _ => i64::try_from(choice.below(13)).expect("small") - 6,
    };
    order.limit = choice.chance(40).then(|| price(choice, order.instrument));
    if choice.chance(80) {
        order.tif = choice.pick(&[TimeInForce::Gtc, TimeInForce::Gtc, TimeInForce::Gtd]);
    }
    match choice.below(8) {
        0 => order.hidden = true,
        1 => order.display = Qty(2 + 2 * choice.below(2)),
        _ => {}
    }
}

/// The definition of the instrument at a position.
fn spec(book: usize) -> InstrumentSpec {
    let plain = InstrumentSpec::new(name(book), "MIX");
    match book {
        0 => InstrumentSpec { maker_bps: -2, taker_bps: 30, reference: Some(Price(102)), ..plain },
        1 => InstrumentSpec {
            tick: 5,
            ticks: [(Price(0), 5), (Price(30), 10)].into_iter().collect(),
            lot: 2,
            reference: Some(Price(-13)),
            min_qty: Qty(4),
            max_qty: Qty(40),
            max_notional: 1_600,
            maker_bps: 7,
            taker_bps: -10_000,
            replace_policy: ReplacePolicy::Lose,
            ..plain
        },
        _ => InstrumentSpec { max_orders: 14, taker_bps: 10_000, maker_bps: -9_999, ..plain },
    }
}

/// Has an instrument hold prices in, in any way.
fn banded(choice: &mut impl Choice, spec: &mut InstrumentSpec, book: usize) {
    let ticks = |choice: &mut _, most| {
        Some((1 + Choice::below(choice, most)) * if book == 1 { 5 } else { 1 })
    };
    if choice.chance(80) {
        spec.reference = Some(Price(CENTRES[book]));
    }
    spec.static_band = if choice.chance(60) { ticks(choice, 9) } else { None };
    spec.dynamic_band = if choice.chance(70) { ticks(choice, 5) } else { None };
    spec.volatility_auction_ns = if choice.chance(60) { 1 + choice.below(40) } else { 0 };
}

/// Has an instrument share out what a price shows, in any way.
fn shared(choice: &mut impl Choice, spec: &mut InstrumentSpec) {
    use Algo as A;
    spec.algo = choice.pick(A::ALL);
    let (algo, given) = (spec.algo, &mut spec.allocation);
    let few =
        |choice: &mut _| Choice::chance(choice, 50).then(|| Qty(2 * Choice::below(choice, 5)));
    if matches!(algo, A::FifoProRata | A::CmeK) && choice.chance(70) {
        let percent = u8::try_from(choice.below(101)).expect("a percentage");
        given.fifo_percent = Some(percent);
    }
    if !matches!(algo, A::Fifo | A::CmeF | A::CmeS | A::CmeT | A::Size) {
        given.pro_rata_min = few(choice);
    }
    if matches!(algo, A::TopProRata | A::CmeA | A::CmeK | A::CmeO | A::CmeQ | A::CmeS) {
        (given.top_min, given.top_max) = (few(choice), few(choice));
    }
    if matches!(algo, A::CmeK | A::CmeQ | A::CmeS | A::CmeT) {
        for account in 0..choice.below(3) {
            let account = u32::try_from(account).expect("few accounts");
            let percent = u8::try_from(1 + choice.below(50)).expect("a percentage");
            given.makers.push((AccountId(account), percent));
        }
    }
    given.leveling = algo == A::CmeK && choice.chance(50);
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

fn tif(choice: &mut impl Choice) -> TimeInForce {
    match choice.below(32) {
        0..=14 => TimeInForce::Gtc,
        15..=18 => TimeInForce::Day,
        19..=22 => TimeInForce::Gtd,
        23..=26 => TimeInForce::Ioc,
        27..=29 => TimeInForce::Fok,
        _ => choice.pick(&[TimeInForce::AtOpen, TimeInForce::AtClose, TimeInForce::Auction]),
    }
}

/// Makes an order wrong, or at least unusual, in one way.
fn spoil(choice: &mut impl Choice, order: &mut NewOrder) {
    let one = 1 + choice.below(3);
    match choice.below(18) {
        0 => order.price = None,
        1 => order.price = Some(Price(7)),
        2 => order.limit = Some(Price(100)),
        3 => order.stop = Some(Price(100)),
        4 => order.trail = one,
        5 => order.offset = -1,
        6 => order.display = Qty(one),
        7 => order.min_qty = Qty(one),
        8 => order.all_or_none = true,
        9 => order.hidden = true,
        10 => order.reduce_only = true,
        11 => order.group = one,
        12 => order.parent = one,
        13 => order.notional = one,
        14 => order.expire_at = Time(one),
        15 => order.peg = Peg::Midpoint,
        16 => order.post_only = PostOnly::Reject,
        _ => order.order_type = choice.pick(OrderType::ALL),
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

/// The limits of an account: none mostly, so that they come and go, and few at once.
fn limits(choice: &mut impl Choice) -> AccountSpec {
    let account = if choice.chance(40) { account(choice) } else { LEDGER };
    let mut spec = AccountSpec { account, ..AccountSpec::default() };
    // The one that owns most orders is limited seldom, the last one has a ledger.
    if account == LEDGER || choice.chance(3) {
        spec.cash = choice.chance(70).then(|| {
            let most = choice.pick(&[1_000, 10_000, 100_000, i64::MAX.unsigned_abs()]);
            i64::try_from(choice.below(most)).expect("at most what fits")
        });
    }
    spec.position = i64::try_from(choice.below(60)).expect("a small number");
    if spec.cash.is_none() || choice.chance(3) {
        spec.position -= 30;
    }
    for _ in 0..choice.below(if account == AccountId(1) { 2 } else { 4 }) {
        limit(choice, &mut spec);
    }
    spec
}

fn limit(choice: &mut impl Choice, spec: &mut AccountSpec) {
    match choice.below(11) {
        0 => spec.max_order_qty = Some(8 + choice.below(20)),
        1 => spec.max_order_notional = Some(400 + choice.below(4_000)),
        2 => spec.max_open_orders = Some(u32::try_from(choice.below(16)).expect("small")),
        3 => spec.max_open_qty = Some(20 + choice.below(100)),
        4 => spec.max_long = Some(choice.below(150)),
        5 => spec.max_short = Some(choice.below(150)),
        6 => spec.collar = Some(choice.below(12)),
        7 | 8 => {
            spec.max_messages = Some(u32::try_from(choice.below(12)).expect("small"));
            spec.per_ns = choice.below(30);
        }
        _ => {
            spec.mmp_qty = choice.chance(70).then(|| 1 + choice.below(30));
            spec.mmp_fills =
                choice.chance(50).then(|| u32::try_from(1 + choice.below(3)).expect("small"));
            spec.mmp_ns = choice.below(40);
        }
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

fn wrong_spec(choice: &mut impl Choice) -> InstrumentSpec {
    let plain = InstrumentSpec::new(InstrumentId(12), "WRONG");
    let odd = |allocation| InstrumentSpec { allocation, ..plain.clone() };
    match choice.below(8) {
        0 => InstrumentSpec { tick: 0, ..plain },
        1 => InstrumentSpec { lot: 0, ..plain },
        2 => InstrumentSpec { scale: u8::MAX, ..plain },
        3 => odd(Allocation { leveling: true, ..Allocation::default() }),
        4 => odd(Allocation { fifo_percent: Some(40), ..Allocation::default() }),
        6 => {
            let makers = [(AccountId(1), 40), (AccountId(1), 30)].into_iter().collect();
            let allocation = Allocation { makers, ..Allocation::default() };
            InstrumentSpec { algo: Algo::CmeT, allocation, ..plain }
        }
        5 => {
            InstrumentSpec { ticks: [(Price(5), 1), (Price(5), 2)].into_iter().collect(), ..plain }
        }
        _ => InstrumentSpec { maker_bps: 10_001, ..plain },
    }
}
