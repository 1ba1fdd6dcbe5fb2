//! One line of JSON as a command. Strict: what it does not know, it refuses.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use arrayvec::{ArrayString, ArrayVec};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

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

/// Why a line is not a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine(String);

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for BadLine {}

type Parsed<T> = Result<T, BadLine>;

/// Reads one command and its time; without `at`, the time is 0: the engine's present.
///
/// # Errors
///
/// [`BadLine`] naming the key that is missing, unknown or wrong.
pub fn parse_command(line: &str) -> Parsed<(Time, Command)> {
    let map: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| BadLine(error.to_string()))?;
    let mut keys = Keys(map);
    let op: String = keys.need("op")?;
    let mut at = Time(keys.take("at")?.unwrap_or(0));
    let command = match op.as_str() {
        "instrument" => Command::Instrument(Box::new(parse_instrument(&mut keys)?)),
        "account" => Command::Account(Box::new(parse_account(&mut keys)?)),
        "new" => Command::New(parse_new(&mut keys)?),
        "cancel" => {
            let (instrument, account, id) = parse_target(&mut keys)?;
            Command::Cancel(Cancel { instrument, account, id })
        }
        "reduce" => {
            let (instrument, account, id) = parse_target(&mut keys)?;
            Command::Reduce(Reduce { instrument, account, id, by: Qty(keys.need("by")?) })
        }
        "replace" => Command::Replace(parse_replace(&mut keys)?),
        "quote" => Command::Quote(parse_quote(&mut keys)?),
        "mass_cancel" => Command::MassCancel(parse_scope(&mut keys)?),
        "kill" => Command::Kill(parse_scope(&mut keys)?),
        "unblock" => Command::Unblock(parse_scope(&mut keys)?),
        "phase" => {
            let instrument = InstrumentId(keys.need("instrument")?);
            let phase = keys.name("phase", Phase::from_name)?;
            Command::Phase { instrument, phase: phase.ok_or_else(|| missing("phase"))? }
        }
        "uncross" => {
            let instrument = InstrumentId(keys.need("instrument")?);
            let then = keys.name("phase", Phase::from_name)?.unwrap_or(Phase::Continuous);
            Command::Uncross { instrument, then }
        }
        "time" => {
            at = at.max(Time(keys.need("now")?));
            Command::Time
        }
        other => return Err(BadLine(format!("no command is called {other:?}"))),
    };
    keys.end()?;
    Ok((at, command))
}

fn parse_target(keys: &mut Keys) -> Parsed<(InstrumentId, AccountId, OrderId)> {
    let instrument = InstrumentId(keys.need("instrument")?);
    let account = AccountId(keys.take("account")?.unwrap_or(0));
    Ok((instrument, account, OrderId(keys.need("id")?)))
}

fn parse_new(keys: &mut Keys) -> Parsed<NewOrder> {
    let (instrument, account, id) = parse_target(keys)?;
    let side = keys.name("side", parse_side)?.ok_or_else(|| missing("side"))?;
    let notional = keys.take("notional")?;
    let qty = keys.take("qty")?.map(Qty).or(notional.map(|_| Qty::ZERO));
    let qty = qty.ok_or_else(|| missing("qty"))?;
    Ok(NewOrder {
        id,
        instrument,
        account,
        side,
        order_type: keys.name("type", OrderType::from_name)?.unwrap_or(OrderType::Limit),
        tif: keys.name("tif", TimeInForce::from_name)?.unwrap_or(TimeInForce::Gtc),
        post_only: parse_post_only(keys)?,
        stp: keys.name("stp", Stp::from_name)?.unwrap_or(Stp::None),
        peg: keys.name("peg", Peg::from_name)?.unwrap_or(Peg::Primary),
        hidden: keys.take("hidden")?.unwrap_or(false),
        all_or_none: keys.take("all_or_none")?.unwrap_or(false),
        reduce_only: keys.take("reduce_only")?.unwrap_or(false),
        stp_group: keys.take("stp_group")?.unwrap_or(0),
        price: keys.take("price")?.map(Price),
        qty,
        notional: notional.unwrap_or(0),
        limit: keys.take("limit")?.map(Price),
        stop: keys.take("stop")?.map(Price),
        trail: keys.take("trail")?.unwrap_or(0),
        offset: keys.take("offset")?.unwrap_or(0),
        display: Qty(keys.take("display")?.unwrap_or(0)),
        min_qty: Qty(keys.take("min_qty")?.unwrap_or(0)),
        expire_at: Time(keys.take("expire_at")?.unwrap_or(0)),
        group: keys.take("group")?.unwrap_or(0),
        parent: keys.take("parent")?.unwrap_or(0),
    })
}

fn parse_post_only(keys: &mut Keys) -> Parsed<PostOnly> {
    match keys.0.remove("post_only") {
        None | Some(Value::Bool(false)) => Ok(PostOnly::No),
        Some(Value::Bool(true)) => Ok(PostOnly::Reject),
        Some(Value::String(name)) if name == "reject" => Ok(PostOnly::Reject),
        Some(Value::String(name)) if name == "slide" => Ok(PostOnly::Slide),
        Some(other) => Err(wrong("post_only", &other)),
    }
}

fn parse_replace(keys: &mut Keys) -> Parsed<Replace> {
    let (instrument, account, id) = parse_target(keys)?;
    let qty = match (keys.take("qty")?, keys.take("open")?) {
        (None, None) => NewQty::Keep,
        (Some(total), None) => NewQty::Total(Qty(total)),
        (None, Some(open)) => NewQty::Open(Qty(open)),
        (Some(_), Some(_)) => return Err(BadLine("`qty` and `open` exclude each other".into())),
    };
    let new_id = keys.take("new_id")?.map(OrderId);
    let price = keys.take("price")?.map(Price);
    Ok(Replace { instrument, account, id, new_id, price, qty })
}

fn parse_quote(keys: &mut Keys) -> Parsed<Quote> {
    let (instrument, account, id) = parse_target(keys)?;
    let mut part = |price: &str, qty: &str| match (keys.take(price)?, keys.take(qty)?) {
        (None, None) => Ok(None),
        (Some(price), Some(qty)) => Ok(Some((Price(price), Qty(qty)))),
        _ => Err(BadLine(format!("`{price}` and `{qty}` come together"))),
    };
    let (bid, ask) = (part("bid", "bid_qty")?, part("ask", "ask_qty")?);
    Ok(Quote { instrument, account, id, bid, ask })
}

fn parse_scope(keys: &mut Keys) -> Parsed<Scope> {
    Ok(Scope {
        account: keys.take("account")?.map(AccountId),
        instrument: keys.take("instrument")?.map(InstrumentId),
        side: keys.name("side", parse_side)?,
    })
}

fn parse_instrument(keys: &mut Keys) -> Parsed<InstrumentSpec> {
    let symbol: String = keys.need("symbol")?;
    let symbol = ArrayString::from(&symbol).map_err(|_| BadLine("`symbol` is too long".into()))?;
    let mut spec = InstrumentSpec::new(InstrumentId(keys.need("instrument")?), "");
    spec.symbol = symbol;
    spec.scale = keys.take("scale")?.unwrap_or(spec.scale);
    spec.tick = keys.take("tick")?.unwrap_or(spec.tick);
    spec.lot = keys.take("lot")?.unwrap_or(spec.lot);
    for (from, tick) in keys.take::<Vec<(i64, u64)>>("ticks")?.unwrap_or_default() {
        let full = spec.ticks.try_push((Price(from), tick)).is_err();
        if full {
            return Err(BadLine("`ticks` has too many ranges".into()));
        }
    }
    spec.min_qty = Qty(keys.take("min_qty")?.unwrap_or(0));
    spec.max_qty = Qty(keys.take("max_qty")?.unwrap_or(0));
    spec.max_notional = keys.take("max_notional")?.unwrap_or(0);
    spec.algo = keys.name("algo", Algo::from_name)?.unwrap_or(spec.algo);
    spec.allocation = parse_allocation(keys)?;
    spec.reference = keys.take("reference")?.map(Price);
    spec.static_band = keys.take("static_band")?;
    spec.dynamic_band = keys.take("dynamic_band")?;
    spec.volatility_auction_ns = keys.take("volatility_auction_ns")?.unwrap_or(0);
    spec.maker_bps = keys.take("maker_bps")?.unwrap_or(0);
    spec.taker_bps = keys.take("taker_bps")?.unwrap_or(0);
    spec.max_orders = keys.take("max_orders")?.unwrap_or(0);
    let policy = keys.name("replace_policy", ReplacePolicy::from_name)?;
    spec.replace_policy = policy.unwrap_or(spec.replace_policy);
    spec.phase = keys.name("phase", Phase::from_name)?.unwrap_or(spec.phase);
    Ok(spec)
}

fn parse_allocation(keys: &mut Keys) -> Parsed<Allocation> {
    let mut makers = ArrayVec::new();
    for (account, percent) in keys.take::<Vec<(u32, u8)>>("makers")?.unwrap_or_default() {
        let full = makers.try_push((AccountId(account), percent)).is_err();
        if full {
            return Err(BadLine("`makers` has too many accounts".into()));
        }
    }
    Ok(Allocation {
        fifo_percent: keys.take("fifo_percent")?,
        pro_rata_min: keys.take("pro_rata_min")?.map(Qty),
        top_min: keys.take("top_min")?.map(Qty),
        top_max: keys.take("top_max")?.map(Qty),
        leveling: keys.take("leveling")?.unwrap_or(false),
        makers,
    })
}

fn parse_account(keys: &mut Keys) -> Parsed<AccountSpec> {
    Ok(AccountSpec {
        account: AccountId(keys.need("account")?),
        max_order_qty: keys.take("max_order_qty")?,
        max_order_notional: keys.take("max_order_notional")?,
        max_open_orders: keys.take("max_open_orders")?,
        max_open_qty: keys.take("max_open_qty")?,
        max_long: keys.take("max_long")?,
        max_short: keys.take("max_short")?,
        collar: keys.take("collar")?,
        max_messages: keys.take("max_messages")?,
        per_ns: keys.take("per_ns")?.unwrap_or(0),
        mmp_qty: keys.take("mmp_qty")?,
        mmp_fills: keys.take("mmp_fills")?,
        mmp_ns: keys.take("mmp_ns")?.unwrap_or(0),
        cash: keys.take("cash")?,
        position: keys.take("position")?.unwrap_or(0),
    })
}

fn parse_side(name: &str) -> Option<Side> {
    match name {
        "buy" => Some(Side::Buy),
        "sell" => Some(Side::Sell),
        _ => None,
    }
}

/// The keys of a line that were not asked for yet.
struct Keys(Map<String, Value>);

impl Keys {
    fn take<T: DeserializeOwned>(&mut self, key: &str) -> Parsed<Option<T>> {
        let Some(value) = self.0.remove(key) else {
            return Ok(None);
        };
        T::deserialize(&value).map(Some).map_err(|_| wrong(key, &value))
    }

    fn need<T: DeserializeOwned>(&mut self, key: &str) -> Parsed<T> {
        self.take(key)?.ok_or_else(|| missing(key))
    }

    fn name<T>(&mut self, key: &str, from_name: impl Fn(&str) -> Option<T>) -> Parsed<Option<T>> {
        let Some(value) = self.0.remove(key) else {
            return Ok(None);
        };
        let known = value.as_str().and_then(from_name);
        known.map(Some).ok_or_else(|| wrong(key, &value))
    }

    fn end(&self) -> Parsed<()> {
        match self.0.keys().next() {
            Some(key) => Err(BadLine(format!("unknown key {key:?}"))),
            None => Ok(()),
        }
    }
}

fn missing(key: &str) -> BadLine {
    BadLine(format!("`{key}` is missing"))
}

fn wrong(key: &str, value: &Value) -> BadLine {
    BadLine(format!("{value} means nothing in `{key}`"))
}
