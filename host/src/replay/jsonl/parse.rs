//! One line of JSON becomes one command, or a sentence about what is wrong with it and where.

use std::borrow::Cow;

use ringfence_core::limits::SCALE_MAX;
use ringfence_core::{
    AccountId, AccountSpec, Algo, Cancel, Command, InstrumentId, InstrumentSpec, NewOrder, NewQty,
    OrderId, OrderType, Peg, Phase, Price, Qty, Quote, Reduce, Replace, ReplacePolicy, Scope, Side,
    Stp, Time, TimeInForce,
};

use super::field::{Field, Object};
use crate::sequencer::Stamped;

/// Why a line is not a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct LineError {
    /// Where in the line, in characters from 1.
    pub column: usize,
    /// The key that it is about, where it is about one.
    pub key: Option<String>,
    /// What is wrong and what to do.
    pub problem: String,
}

impl LineError {
    fn sentence(&self) -> String {
        match &self.key {
            Some(key) => format!("key `{key}`: {}", self.problem),
            None => self.problem.clone(),
        }
    }
}

/// Reads one line as a command.
///
/// A command without `at` comes back with time 0, which the engine takes for its present.
///
/// ```
/// use ringfence_host::replay::jsonl::parse_line;
/// let line = r#"{"op":"cancel","instrument":1,"id":7}"#;
/// assert!(parse_line(line).is_ok());
/// let error = parse_line(r#"{"op":"cancel","instrument":1,"id":7.5}"#).expect_err("not whole");
/// assert_eq!((error.column, error.key.as_deref()), (36, Some("id")));
/// ```
///
/// # Errors
///
/// [`LineError`] where the line is not one JSON object with the keys of one command.
pub fn parse_line(line: &str) -> Result<Stamped, LineError> {
    let object = Object::read(line)?;
    let fields = Fields::new(&object)?;
    let at = fields.iter().find(|field| field.key == "at");
    let at = at.map(|field| field.u64().map(Time)).transpose()?;
    if fields.op == "time" {
        return Ok(Stamped { at: fields.time(at)?, command: Command::Time });
    }
    Ok(Stamped { at: at.unwrap_or_default(), command: fields.command()? })
}

/// Every name of a command.
const OPS: &str = "instrument, account, new, cancel, reduce, replace, quote, mass_cancel, kill, \
                   unblock, phase, uncross, time";

const INSTRUMENT_KEYS: &str = "instrument, symbol, scale, tick, lot, algo, fifo_percent, \
     pro_rata_min, top_min, top_max, leveling, makers, reference, \
     static_band, dynamic_band, volatility_auction_ns, maker_bps, taker_bps, max_orders, \
     replace_policy, ticks, min_qty, max_qty, max_notional, phase";
const ACCOUNT_KEYS: &str = "account, max_order_qty, max_order_notional, max_open_orders, \
     max_open_qty, max_long, max_short, collar, max_messages, per_ns, mmp_qty, mmp_fills, mmp_ns, \
     cash, position";
const NEW_KEYS: &str = "instrument, account, id, side, qty, type, price, tif, expire_at, stop, \
     trail, limit, peg, offset, display, hidden, min_qty, all_or_none, post_only, reduce_only, \
     stp_group, stp, group, parent, notional";

/// What messages and fills are counted in where nobody says: a second.
const INTERVAL_NS: u64 = 1_000_000_000;

/// Another word for a limit order of which nothing is shown.
const HIDDEN: &str = "hidden";

const CANCEL_KEYS: &str = "instrument, account, id";
const REDUCE_KEYS: &str = "instrument, account, id, by";
const REPLACE_KEYS: &str = "instrument, account, id, new_id, price, qty, open";
const QUOTE_KEYS: &str = "instrument, account, id, bid, bid_qty, ask, ask_qty";
const SCOPE_KEYS: &str = "account, instrument, side";
const PHASE_KEYS: &str = "instrument, phase";

/// The fields of one command.
struct Fields<'a> {
    op: Cow<'a, str>,
    op_column: usize,
    all: &'a Object<'a>,
}

impl<'a> Fields<'a> {
    fn new(all: &'a Object<'a>) -> Result<Self, LineError> {
        let Some(op) = all.fields.iter().find(|field| field.key == "op") else {
            let problem = format!("missing; it says which command this is: {OPS}");
            return Err(LineError { column: 1, key: Some("op".into()), problem });
        };
        Ok(Self { op: op.text()?, op_column: op.column(), all })
    }

    /// All but `op` and `at`, which every command has room for.
    fn own(&self) -> impl Iterator<Item = &Field<'a>> {
        self.iter().filter(|field| field.key != "op" && field.key != "at")
    }

    fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.all.fields.iter()
    }

    fn command(&self) -> Result<Command, LineError> {
        Ok(match &*self.op {
            "instrument" => Command::Instrument(Box::new(self.instrument()?)),
            "account" => Command::Account(Box::new(self.account()?)),
            "new" => Command::New(self.new_order()?),
            "cancel" => Command::Cancel(self.cancel()?),
            "reduce" => Command::Reduce(self.reduce()?),
            "replace" => Command::Replace(self.replace()?),
            "quote" => Command::Quote(self.quote()?),
            "mass_cancel" => Command::MassCancel(self.scope()?),
            "kill" => Command::Kill(self.scope()?),
            "unblock" => Command::Unblock(self.scope()?),
            "phase" => {
                let (instrument, phase) = self.phase()?;
                Command::Phase { instrument, phase: self.needed(phase, "phase")? }
            }
            "uncross" => {
                let (instrument, phase) = self.phase()?;
                Command::Uncross { instrument, then: phase.unwrap_or(Phase::Continuous) }
            }
            other => {
                let problem = format!("no command is called `{other}`; there are {OPS}");
                return Err(LineError { column: self.op_column, key: Some("op".into()), problem });
            }
        })
    }

    fn time(&self, at: Option<Time>) -> Result<Time, LineError> {
        let mut now = None;
        for field in self.own() {
            match &*field.key {
                "now" => now = Some(Time(field.u64()?)),
                _ => return Err(field.unknown(&self.op, "now")),
            }
        }
        let now = self.needed(now, "now")?;
        if at.is_some_and(|at| at != now) {
            let at = self.iter().find(|field| field.key == "at");
            let at = at.expect("it was read a moment ago");
            return Err(at.error("differs from `now`; a `time` needs only `now`"));
        }
        Ok(now)
    }

    fn instrument(&self) -> Result<InstrumentSpec, LineError> {
        let (mut instrument, mut symbol) = (None, None);
        let mut spec = InstrumentSpec::new(InstrumentId(0), "");
        for field in self.own() {
            match &*field.key {
                "instrument" => instrument = Some(InstrumentId(field.u32()?)),
                "symbol" => symbol = Some(field.symbol()?),
                "scale" => spec.scale = field.within(0, i128::from(SCALE_MAX))?,
                "tick" => spec.tick = field.u64()?,
                "ticks" => spec.ticks = field.ticks()?,
                "lot" => spec.lot = field.u64()?,
                "min_qty" => spec.min_qty = Qty(field.u64()?),
                "max_qty" => spec.max_qty = Qty(field.u64()?),
                "max_notional" => spec.max_notional = field.u64()?,
                "algo" => spec.algo = field.one_of(Algo::ALL, Algo::name)?,
                "fifo_percent" => {
                    spec.allocation.fifo_percent = Some(field.within(0, i128::from(u8::MAX))?)
                }
                "pro_rata_min" => spec.allocation.pro_rata_min = Some(Qty(field.u64()?)),
                "top_min" => spec.allocation.top_min = Some(Qty(field.u64()?)),
                "top_max" => spec.allocation.top_max = Some(Qty(field.u64()?)),
                "leveling" => spec.allocation.leveling = field.boolean()?,
                "makers" => spec.allocation.makers = field.makers()?,
                "reference" => spec.reference = Some(Price(field.i64()?)),
                "static_band" => spec.static_band = Some(field.u64()?),
                "dynamic_band" => spec.dynamic_band = Some(field.u64()?),
                "volatility_auction_ns" => spec.volatility_auction_ns = field.u64()?,
                "maker_bps" => spec.maker_bps = field.i32()?,
                "taker_bps" => spec.taker_bps = field.i32()?,
                "max_orders" => spec.max_orders = field.u32()?,
                "replace_policy" => {
                    spec.replace_policy = field.one_of(ReplacePolicy::ALL, ReplacePolicy::name)?;
                }
                "phase" => spec.phase = field.one_of(Phase::ALL, Phase::name)?,
                _ => return Err(field.unknown(&self.op, INSTRUMENT_KEYS)),
            }
        }
        spec.instrument = self.needed(instrument, "instrument")?;
        spec.symbol = self.needed(symbol, "symbol")?;
        Ok(spec)
    }

    fn account(&self) -> Result<AccountSpec, LineError> {
        let mut account = None;
        let mut spec = AccountSpec::default();
        let (mut per_ns, mut mmp_ns) = (None, None);
        for field in self.own() {
            match &*field.key {
                "account" => account = Some(AccountId(field.u32()?)),
                "max_order_qty" => spec.max_order_qty = Some(field.u64()?),
                "max_order_notional" => spec.max_order_notional = Some(field.u64()?),
                "max_open_orders" => spec.max_open_orders = Some(field.u32()?),
                "max_open_qty" => spec.max_open_qty = Some(field.u64()?),
                "max_long" => spec.max_long = Some(field.u64()?),
                "max_short" => spec.max_short = Some(field.u64()?),
                "collar" => spec.collar = Some(field.u64()?),
                "max_messages" => spec.max_messages = Some(field.u32()?),
                "per_ns" => per_ns = Some(field.u64()?),
                "mmp_qty" => spec.mmp_qty = Some(field.u64()?),
                "mmp_fills" => spec.mmp_fills = Some(field.u32()?),
                "mmp_ns" => mmp_ns = Some(field.u64()?),
                "cash" => spec.cash = Some(field.i64()?),
                "position" => spec.position = field.i64()?,
                _ => return Err(field.unknown(&self.op, ACCOUNT_KEYS)),
            }
        }
        spec.account = self.needed(account, "account")?;
        let usual = |counts: bool| if counts { INTERVAL_NS } else { 0 };
        spec.per_ns = per_ns.unwrap_or(usual(spec.max_messages.is_some()));
        spec.mmp_ns = mmp_ns.unwrap_or(usual(spec.mmp_qty.is_some() || spec.mmp_fills.is_some()));
        Ok(spec)
    }

    fn new_order(&self) -> Result<NewOrder, LineError> {
        let (mut instrument, mut id, mut side, mut qty) = (None, None, None, None);
        let mut order = NewOrder::market(OrderId(0), Side::Buy, Qty::ZERO);
        order.tif = TimeInForce::Gtc;
        let (mut order_type, mut implied) = (None, OrderType::Limit);
        for field in self.own() {
            match &*field.key {
                "instrument" => instrument = Some(InstrumentId(field.u32()?)),
                "account" => order.account = AccountId(field.u32()?),
                "id" => id = Some(OrderId(field.u64()?)),
                "side" => side = Some(field.side()?),
                "qty" => qty = Some(Qty(field.u64()?)),
                "type" if field.text()? == HIDDEN => {
                    (order_type, order.hidden) = (Some(OrderType::Limit), true);
                }
                "type" => order_type = Some(field.one_of(OrderType::ALL, OrderType::name)?),
                "price" => order.price = Some(Price(field.i64()?)),
                "tif" => order.tif = field.one_of(TimeInForce::ALL, TimeInForce::name)?,
                "expire_at" => order.expire_at = Time(field.u64()?),
                "stop" => order.stop = Some(Price(field.i64()?)),
                "trail" => order.trail = field.u64()?,
                "limit" => order.limit = Some(Price(field.i64()?)),
                "peg" => {
                    order.peg = field.one_of(Peg::ALL, Peg::name)?;
                    implied = OrderType::Pegged;
                }
                "offset" => order.offset = field.i64()?,
                "display" => {
                    order.display = Qty(field.u64()?);
                    if order.display != Qty::ZERO {
                        implied = OrderType::Iceberg;
                    }
                }
                "hidden" => order.hidden = field.boolean()?,
                "min_qty" => order.min_qty = Qty(field.u64()?),
                "all_or_none" => order.all_or_none = field.boolean()?,
                "post_only" => order.post_only = field.post_only()?,
                "reduce_only" => order.reduce_only = field.boolean()?,
                "stp_group" => order.stp_group = field.u32()?,
                "stp" => order.stp = field.one_of(Stp::ALL, Stp::name)?,
                "group" => order.group = field.u64()?,
                "parent" => order.parent = field.u64()?,
                "notional" => {
                    order.notional = field.u64()?;
                    qty = qty.or(Some(Qty::ZERO));
                }
                _ => return Err(field.unknown(&self.op, NEW_KEYS)),
            }
        }
        order.order_type = order_type.unwrap_or(implied);
        order.instrument = self.needed(instrument, "instrument")?;
        order.id = self.needed(id, "id")?;
        order.side = self.needed(side, "side")?;
        order.qty = self.needed(qty, "qty")?;
        Ok(order)
    }

    fn cancel(&self) -> Result<Cancel, LineError> {
        let mut target = Target::default();
        for field in self.own() {
            if !target.take(field)? {
                return Err(field.unknown(&self.op, CANCEL_KEYS));
            }
        }
        let (instrument, account, id) = target.whole(self)?;
        Ok(Cancel { instrument, account, id })
    }

    fn reduce(&self) -> Result<Reduce, LineError> {
        let (mut target, mut by) = (Target::default(), None);
        for field in self.own() {
            match &*field.key {
                "by" => by = Some(Qty(field.u64()?)),
                _ if target.take(field)? => {}
                _ => return Err(field.unknown(&self.op, REDUCE_KEYS)),
            }
        }
        let (instrument, account, id) = target.whole(self)?;
        Ok(Reduce { instrument, account, id, by: self.needed(by, "by")? })
    }

    fn replace(&self) -> Result<Replace, LineError> {
        let (mut target, mut new_id, mut price) = (Target::default(), None, None);
        let mut qty = NewQty::Keep;
        for field in self.own() {
            match &*field.key {
                "new_id" => new_id = Some(OrderId(field.u64()?)),
                "price" => price = Some(Price(field.i64()?)),
                "qty" | "open" if qty != NewQty::Keep => {
                    return Err(field.error("`qty` and `open` exclude each other; keep one"));
                }
                "qty" => qty = NewQty::Total(Qty(field.u64()?)),
                "open" => qty = NewQty::Open(Qty(field.u64()?)),
                _ if target.take(field)? => {}
                _ => return Err(field.unknown(&self.op, REPLACE_KEYS)),
            }
        }
        let (instrument, account, id) = target.whole(self)?;
        Ok(Replace { instrument, account, id, new_id, price, qty })
    }

    fn quote(&self) -> Result<Quote, LineError> {
        let mut target = Target::default();
        let (mut bid, mut bid_qty, mut ask, mut ask_qty) = (None, None, None, None);
        for field in self.own() {
            match &*field.key {
                "bid" => bid = Some(Price(field.i64()?)),
                "bid_qty" => bid_qty = Some(Qty(field.u64()?)),
                "ask" => ask = Some(Price(field.i64()?)),
                "ask_qty" => ask_qty = Some(Qty(field.u64()?)),
                _ if target.take(field)? => {}
                _ => return Err(field.unknown(&self.op, QUOTE_KEYS)),
            }
        }
        self.needed(target.account, "account")?;
        let (instrument, account, id) = target.whole(self)?;
        let bid = self.price_and_qty(("bid", bid), ("bid_qty", bid_qty))?;
        let ask = self.price_and_qty(("ask", ask), ("ask_qty", ask_qty))?;
        Ok(Quote { instrument, account, id, bid, ask })
    }

    /// Both or neither.
    fn price_and_qty(
        &self,
        (price_key, price): (&'static str, Option<Price>),
        (qty_key, qty): (&'static str, Option<Qty>),
    ) -> Result<Option<(Price, Qty)>, LineError> {
        if price.is_none() && qty.is_none() {
            return Ok(None);
        }
        Ok(Some((self.needed(price, price_key)?, self.needed(qty, qty_key)?)))
    }

    fn scope(&self) -> Result<Scope, LineError> {
        let mut scope = Scope::default();
        for field in self.own() {
            match &*field.key {
                "account" => scope.account = Some(AccountId(field.u32()?)),
                "instrument" => scope.instrument = Some(InstrumentId(field.u32()?)),
                "side" => scope.side = Some(field.side()?),
                _ => return Err(field.unknown(&self.op, SCOPE_KEYS)),
            }
        }
        Ok(scope)
    }

    fn phase(&self) -> Result<(InstrumentId, Option<Phase>), LineError> {
        let (mut instrument, mut phase) = (None, None);
        for field in self.own() {
            match &*field.key {
                "instrument" => instrument = Some(InstrumentId(field.u32()?)),
                "phase" => phase = Some(field.one_of(Phase::ALL, Phase::name)?),
                _ => return Err(field.unknown(&self.op, PHASE_KEYS)),
            }
        }
        Ok((self.needed(instrument, "instrument")?, phase))
    }

    fn needed<T>(&self, value: Option<T>, key: &str) -> Result<T, LineError> {
        value.ok_or_else(|| LineError {
            column: self.op_column,
            key: Some(key.into()),
            problem: format!("missing; `{}` needs it", self.op),
        })
    }
}

/// What cancel, reduce, replace and quote are about.
#[derive(Default)]
struct Target {
    instrument: Option<InstrumentId>,
    account: Option<AccountId>,
    id: Option<OrderId>,
}

impl Target {
    /// Whether the field was one of the target's.
    fn take(&mut self, field: &Field<'_>) -> Result<bool, LineError> {
        match &*field.key {
            "instrument" => self.instrument = Some(InstrumentId(field.u32()?)),
            "account" => self.account = Some(AccountId(field.u32()?)),
            "id" => self.id = Some(OrderId(field.u64()?)),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn whole(&self, fields: &Fields<'_>) -> Result<(InstrumentId, AccountId, OrderId), LineError> {
        let instrument = fields.needed(self.instrument, "instrument")?;
        Ok((instrument, self.account.unwrap_or_default(), fields.needed(self.id, "id")?))
    }
}
