//! How commands travel.

use super::{CommandRecord, WireError, command_flag};
use crate::command::{
    Cancel, Command, NewOrder, NewQty, OrderType, Peg, Phase, PostOnly, Quote, Reduce, Replace,
    Scope, Stp, TimeInForce,
};
use crate::event::Op;
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::quantity::{Price, Qty, Time};
use crate::side::Side;

impl CommandRecord {
    /// How a command travels; `None` for the two that define instruments and accounts, which
    /// are configuration and do not.
    #[must_use]
    pub fn from_command(command: &Command) -> Option<Self> {
        use command_flag as flag;
        let mut record = Self::default();
        match *command {
            Command::Instrument(_) | Command::Account(_) => return None,
            Command::New(ref order) => record.set_new(order),
            Command::Cancel(Cancel { instrument, account, id }) => {
                record.set_target(Op::Cancel, instrument, account, id);
            }
            Command::Reduce(Reduce { instrument, account, id, by }) => {
                record.set_target(Op::Reduce, instrument, account, id);
                record.qty = by.0;
            }
            Command::Replace(Replace { instrument, account, id, new_id, price, qty }) => {
                record.set_target(Op::Replace, instrument, account, id);
                record.new_id = new_id.unwrap_or_default().0;
                record.set_price(price);
                match qty {
                    NewQty::Keep => {}
                    NewQty::Total(qty) => {
                        (record.qty, record.flags) = (qty.0, record.flags | flag::QTY_TOTAL)
                    }
                    NewQty::Open(qty) => {
                        (record.qty, record.flags) = (qty.0, record.flags | flag::QTY_OPEN)
                    }
                }
            }
            Command::Quote(Quote { instrument, account, id, bid, ask }) => {
                record.set_target(Op::Quote, instrument, account, id);
                record.set_price(bid.map(|(price, _)| price));
                record.set_limit(ask.map(|(price, _)| price));
                record.qty = bid.map_or(0, |(_, qty)| qty.0);
                record.display = ask.map_or(0, |(_, qty)| qty.0);
            }
            Command::MassCancel(scope) => record.set_scope(Op::MassCancel, scope),
            Command::Kill(scope) => record.set_scope(Op::Kill, scope),
            Command::Unblock(scope) => record.set_scope(Op::Unblock, scope),
            Command::Phase { instrument, phase } => {
                record.set_target(Op::Phase, instrument, AccountId(0), OrderId(0));
                record.side = phase as u8;
            }
            Command::Uncross { instrument, then } => {
                record.set_target(Op::Uncross, instrument, AccountId(0), OrderId(0));
                record.side = then as u8;
            }
            Command::Time => record.op = Op::Time as u8,
        }
        Some(record)
    }

    fn set_target(&mut self, op: Op, instrument: InstrumentId, account: AccountId, id: OrderId) {
        self.op = op as u8;
        (self.instrument, self.account, self.id) = (instrument.0, account.0, id.0);
    }

    fn set_price(&mut self, price: Option<Price>) {
        if let Some(price) = price {
            self.price = price.0;
            self.flags |= command_flag::HAS_PRICE;
        }
    }

    fn set_limit(&mut self, limit: Option<Price>) {
        if let Some(limit) = limit {
            self.limit = limit.0;
            self.flags |= command_flag::HAS_LIMIT;
        }
    }

    fn set_scope(&mut self, op: Op, scope: Scope) {
        self.op = op as u8;
        if let Some(account) = scope.account {
            self.account = account.0;
            self.flags |= command_flag::HAS_ACCOUNT;
        }
        if let Some(instrument) = scope.instrument {
            self.instrument = instrument.0;
            self.flags |= command_flag::HAS_INSTRUMENT;
        }
        if let Some(side) = scope.side {
            self.side = side as u8;
            self.flags |= command_flag::HAS_SIDE;
        }
    }

    fn set_new(&mut self, order: &NewOrder) {
        use command_flag as flag;
        self.set_target(Op::New, order.instrument, order.account, order.id);
        self.side = order.side as u8;
        self.order_type = order.order_type as u8;
        self.tif = order.tif as u8;
        self.stp = order.stp as u8;
        self.peg = order.peg as u8;
        self.stp_group = order.stp_group;
        self.set_price(order.price);
        self.set_limit(order.limit);
        let trailing =
            matches!(order.order_type, OrderType::TrailingStop | OrderType::TrailingStopLimit);
        if trailing {
            self.trigger = order.trail.cast_signed();
        } else if let Some(stop) = order.stop {
            self.trigger = stop.0;
            self.flags |= flag::HAS_TRIGGER;
        }
        self.qty = if order.notional == 0 { order.qty.0 } else { order.notional };
        for (set, bit) in [
            (order.notional != 0, flag::NOTIONAL),
            (order.hidden, flag::HIDDEN),
            (order.all_or_none, flag::ALL_OR_NONE),
            (order.reduce_only, flag::REDUCE_ONLY),
            (order.post_only == PostOnly::Reject, flag::POST_ONLY),
            (order.post_only == PostOnly::Slide, flag::SLIDE),
        ] {
            self.flags |= if set { bit } else { 0 };
        }
        (self.display, self.min_qty) = (order.display.0, order.min_qty.0);
        (self.offset, self.expire_at_ns) = (order.offset, order.expire_at.0);
        (self.group, self.parent) = (order.group, order.parent);
    }

    /// The command.
    ///
    /// # Errors
    ///
    /// [`WireError`] where a number means nothing or a field that the command does not use is not
    /// zero. `tag` is not looked at.
    pub fn to_command(&self) -> Result<Command, WireError> {
        let op = Op::from_wire(self.op).ok_or(WireError::UnknownOp(self.op))?;
        let (instrument, account) = (InstrumentId(self.instrument), AccountId(self.account));
        let id = OrderId(self.id);
        let price = self.flagged(command_flag::HAS_PRICE, Price(self.price));
        let command = match op {
            Op::Instrument | Op::Account => return Err(WireError::UnknownOp(self.op)),
            Op::New => Command::New(self.to_new()?),
            Op::Cancel => Command::Cancel(Cancel { instrument, account, id }),
            Op::Reduce => Command::Reduce(Reduce { instrument, account, id, by: Qty(self.qty) }),
            Op::Replace => {
                let new_id = (self.new_id != 0).then_some(OrderId(self.new_id));
                let qty = if self.flags & command_flag::QTY_TOTAL != 0 {
                    NewQty::Total(Qty(self.qty))
                } else if self.flags & command_flag::QTY_OPEN != 0 {
                    NewQty::Open(Qty(self.qty))
                } else {
                    NewQty::Keep
                };
                Command::Replace(Replace { instrument, account, id, new_id, price, qty })
            }
            Op::Quote => Command::Quote(Quote {
                instrument,
                account,
                id,
                bid: price.map(|price| (price, Qty(self.qty))),
                ask: self
                    .flagged(command_flag::HAS_LIMIT, Price(self.limit))
                    .map(|price| (price, Qty(self.display))),
            }),
            Op::MassCancel => Command::MassCancel(self.to_scope()?),
            Op::Kill => Command::Kill(self.to_scope()?),
            Op::Unblock => Command::Unblock(self.to_scope()?),
            Op::Phase => Command::Phase { instrument, phase: self.to_phase()? },
            Op::Uncross => Command::Uncross { instrument, then: self.to_phase()? },
            Op::Time => Command::Time,
        };
        let canonical = Self::from_command(&command).map(|record| Self { tag: self.tag, ..record });
        if canonical == Some(*self) { Ok(command) } else { Err(WireError::NotZero) }
    }

    fn flagged<T>(&self, bit: u16, value: T) -> Option<T> {
        (self.flags & bit != 0).then_some(value)
    }

    fn to_side(self) -> Result<Side, WireError> {
        match self.side {
            0 => Ok(Side::Buy),
            1 => Ok(Side::Sell),
            other => Err(WireError::BadField { field: "side", value: u64::from(other) }),
        }
    }

    fn to_phase(self) -> Result<Phase, WireError> {
        let bad = WireError::BadField { field: "side (phase)", value: u64::from(self.side) };
        Phase::from_wire(self.side).ok_or(bad)
    }

    fn to_scope(self) -> Result<Scope, WireError> {
        Ok(Scope {
            account: self.flagged(command_flag::HAS_ACCOUNT, AccountId(self.account)),
            instrument: self.flagged(command_flag::HAS_INSTRUMENT, InstrumentId(self.instrument)),
            side: self.flagged(command_flag::HAS_SIDE, self.to_side()?),
        })
    }

    fn to_new(self) -> Result<NewOrder, WireError> {
        use command_flag as flag;
        let bad = |field, value: u8| WireError::BadField { field, value: u64::from(value) };
        let order_type = OrderType::from_wire(self.order_type);
        let order_type = order_type.ok_or(bad("order_type", self.order_type))?;
        let trailing = matches!(order_type, OrderType::TrailingStop | OrderType::TrailingStopLimit);
        let is = |bit: u16| self.flags & bit != 0;
        let by_worth = is(flag::NOTIONAL);
        Ok(NewOrder {
            id: OrderId(self.id),
            instrument: InstrumentId(self.instrument),
            account: AccountId(self.account),
            side: self.to_side()?,
            order_type,
            tif: TimeInForce::from_wire(self.tif).ok_or(bad("tif", self.tif))?,
            post_only: match (is(flag::POST_ONLY), is(flag::SLIDE)) {
                (true, _) => PostOnly::Reject,
                (false, true) => PostOnly::Slide,
                (false, false) => PostOnly::No,
            },
            stp: Stp::from_wire(self.stp).ok_or(bad("stp", self.stp))?,
            peg: Peg::from_wire(self.peg).ok_or(bad("peg", self.peg))?,
            hidden: is(flag::HIDDEN),
            all_or_none: is(flag::ALL_OR_NONE),
            reduce_only: is(flag::REDUCE_ONLY),
            stp_group: self.stp_group,
            price: self.flagged(flag::HAS_PRICE, Price(self.price)),
            qty: Qty(if by_worth { 0 } else { self.qty }),
            notional: if by_worth { self.qty } else { 0 },
            limit: self.flagged(flag::HAS_LIMIT, Price(self.limit)),
            stop: self.flagged(flag::HAS_TRIGGER, Price(self.trigger)),
            trail: if trailing { self.trigger.cast_unsigned() } else { 0 },
            offset: self.offset,
            display: Qty(self.display),
            min_qty: Qty(self.min_qty),
            expire_at: Time(self.expire_at_ns),
            group: self.group,
            parent: self.parent,
        })
    }
}
