//! Orders and quotes, and what is done to them.

use ringfence_core::{
    AccountId, Cancel, InstrumentId, NewOrder, NewQty, OrderId, OrderType, Peg, Price, Qty, Quote,
    Reduce, Replace, Side, Stp, Time, TimeInForce,
};

use super::{Fields, LineError};
use crate::replay::jsonl::field::Field;

impl Fields<'_> {
    pub(super) fn new_order(&self) -> Result<NewOrder, LineError> {
        let (mut instrument, mut id, mut side, mut qty) = (None, None, None, None);
        let mut order = NewOrder::market(OrderId(0), Side::Buy, Qty::ZERO);
        order.tif = TimeInForce::Gtc;
        let (mut order_type, mut follows) = (None, false);
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
                    follows = true;
                }
                "offset" => order.offset = field.i64()?,
                "display" => order.display = Qty(field.u64()?),
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
        order.order_type = match order_type {
            None if follows => OrderType::Pegged,
            None if order.display != Qty::ZERO => OrderType::Iceberg,
            named => named.unwrap_or(OrderType::Limit),
        };
        if follows && order.order_type != OrderType::Pegged && order.peg == Peg::Primary {
            // That one is what orders have which follow nothing; the engine refuses any other.
            order.peg = Peg::Market;
        }
        order.instrument = self.needed(instrument, "instrument")?;
        order.id = self.needed(id, "id")?;
        order.side = self.needed(side, "side")?;
        order.qty = self.needed(qty, "qty")?;
        Ok(order)
    }

    pub(super) fn cancel(&self) -> Result<Cancel, LineError> {
        let mut target = Target::default();
        for field in self.own() {
            if !target.take(field)? {
                return Err(field.unknown(&self.op, CANCEL_KEYS));
            }
        }
        let (instrument, account, id) = target.whole(self)?;
        Ok(Cancel { instrument, account, id })
    }

    pub(super) fn reduce(&self) -> Result<Reduce, LineError> {
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

    pub(super) fn replace(&self) -> Result<Replace, LineError> {
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

    pub(super) fn quote(&self) -> Result<Quote, LineError> {
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

/// Another word for a limit order of which nothing is shown.
const HIDDEN: &str = "hidden";

const NEW_KEYS: &str = "instrument, account, id, side, qty, type, price, tif, expire_at, stop, \
     trail, limit, peg, offset, display, hidden, min_qty, all_or_none, post_only, reduce_only, \
     stp_group, stp, group, parent, notional";

const CANCEL_KEYS: &str = "instrument, account, id";
const REDUCE_KEYS: &str = "instrument, account, id, by";
const REPLACE_KEYS: &str = "instrument, account, id, new_id, price, qty, open";
const QUOTE_KEYS: &str = "instrument, account, id, bid, bid_qty, ask, ask_qty";
