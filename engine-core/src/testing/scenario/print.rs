//! Commands and events as one line of JSON each, keys in the order of the specification.

use alloc::string::String;
use core::fmt::{Display, Write};

use crate::allocation::Allocation;
use crate::command::{
    Command, NewOrder, NewQty, OrderType, Peg, PostOnly, Scope, Stp, TimeInForce,
};
use crate::event::{Event, Interest, What};
use crate::id::{AccountId, InstrumentId, OrderId};
use crate::instrument::{Algo, InstrumentSpec, ReplacePolicy};
use crate::quantity::{Qty, Time};
use crate::risk::AccountSpec;
use crate::side::Side;

/// An event as one line.
#[must_use]
pub fn event_line(event: &Event) -> String {
    let mut line = Line::new("ev", event_name(&event.what));
    line.key("seq", event.seq).key("instrument", event.instrument);
    match event.what.class() {
        Interest::PRIVATE => print_private(&mut line, &event.what),
        Interest::L3 => print_order(&mut line, &event.what),
        _ => print_public(&mut line, &event.what),
    }
    line.end()
}

fn print_private(line: &mut Line, what: &What) {
    match *what {
        What::Accepted { id, account, side, qty, price } => {
            line.key("id", id).key("account", account).text("side", side_name(side));
            line.key("qty", qty).optional("price", price);
        }
        What::Rejected { op, id, account, reason } => {
            line.text("op", op.name()).key("id", id).key("account", account);
            line.text("reason", reason.name());
        }
        What::Filled { id, account, price, qty, leaves, liquidity, fee, .. } => {
            line.key("id", id).key("account", account).key("price", price).key("qty", qty);
            line.key("leaves", leaves).text("liquidity", liquidity.name()).key("fee", fee.get());
        }
        What::Canceled { id, account, qty, reason } => {
            line.key("id", id).key("account", account).key("qty", qty);
            line.text("reason", reason.name());
        }
        What::Replaced { id, new_id, price, qty, leaves, kept_priority, .. } => {
            line.key("id", id).key("new_id", new_id).or_null("price", price);
            line.key("qty", qty).key("leaves", leaves).key("kept_priority", kept_priority);
        }
        What::Triggered { id, stop, .. } => _ = line.key("id", id).key("stop", stop),
        _ => {}
    }
}

fn print_order(line: &mut Line, what: &What) {
    if let What::Add { id, side, price, qty }
    | What::Execute { id, side, price, qty }
    | What::Reduce { id, side, price, qty }
    | What::Delete { id, side, price, qty }
    | What::Rename { id, side, price, qty, .. } = *what
    {
        line.key("id", id);
        if let What::Rename { new_id, .. } = *what {
            line.key("new_id", new_id);
        }
        line.text("side", side_name(side)).key("price", price).key("qty", qty);
    }
}

fn print_public(line: &mut Line, what: &What) {
    match *what {
        What::Trade { trade_id, price, qty, taker, buy_id, sell_id, maker_id } => {
            line.key("trade_id", trade_id).key("price", price).key("qty", qty);
            if let Some(side) = taker {
                line.text("taker", side_name(side));
            }
            line.key("buy_id", buy_id).key("sell_id", sell_id).optional("maker_id", maker_id);
        }
        What::Level { side, price, qty, orders } => {
            line.text("side", side_name(side)).key("price", price).key("qty", qty.get());
            line.key("orders", orders);
        }
        What::Bbo { bid, ask } => {
            for (best, price, qty) in [(bid, "bid", "bid_qty"), (ask, "ask", "ask_qty")] {
                line.or_null(price, best.map(|(price, _)| price));
                line.or_null(qty, best.map(|(_, qty)| qty.get()));
            }
        }
        What::Phase { phase } => _ = line.text("phase", phase.name()),
        What::Indicative { price, qty, surplus } => {
            line.or_null("price", price).key("qty", qty.get()).key("surplus", surplus.get());
        }
        What::Uncrossed { price, qty } => _ = line.or_null("price", price).key("qty", qty.get()),
        _ => {}
    }
}

const fn event_name(what: &What) -> &'static str {
    match what {
        What::Accepted { .. } => "accepted",
        What::Rejected { .. } => "rejected",
        What::Trade { .. } => "trade",
        What::Filled { .. } => "filled",
        What::Canceled { .. } => "canceled",
        What::Replaced { .. } => "replaced",
        What::Triggered { .. } => "triggered",
        What::Add { .. } => "add",
        What::Execute { .. } => "execute",
        What::Reduce { .. } => "reduce",
        What::Delete { .. } => "delete",
        What::Rename { .. } => "rename",
        What::Level { .. } => "level",
        What::Bbo { .. } => "bbo",
        What::Phase { .. } => "phase",
        What::Indicative { .. } => "indicative",
        What::Uncrossed { .. } => "uncrossed",
    }
}

/// A command as one line, without the keys that have their default.
#[must_use]
pub fn command_line(at: Time, command: &Command) -> String {
    let mut line = Line::new("op", op_name(command));
    match command {
        Command::Instrument(spec) => print_instrument(&mut line, spec),
        Command::Account(spec) => print_account(&mut line, spec),
        Command::New(order) => print_new(&mut line, order),
        Command::Cancel(cancel) => line.target(cancel.instrument, cancel.account, cancel.id),
        Command::Reduce(reduce) => {
            line.target(reduce.instrument, reduce.account, reduce.id);
            line.key("by", reduce.by);
        }
        Command::Replace(replace) => {
            line.target(replace.instrument, replace.account, replace.id);
            line.optional("new_id", replace.new_id).optional("price", replace.price);
            match replace.qty {
                NewQty::Keep => {}
                NewQty::Total(qty) => _ = line.key("qty", qty),
                NewQty::Open(open) => _ = line.key("open", open),
            }
        }
        Command::Quote(quote) => {
            line.target(quote.instrument, quote.account, quote.id);
            for (part, price, qty) in [(quote.bid, "bid", "bid_qty"), (quote.ask, "ask", "ask_qty")]
            {
                line.optional(price, part.map(|(price, _)| price));
                line.optional(qty, part.map(|(_, qty)| qty));
            }
        }
        Command::MassCancel(scope) | Command::Kill(scope) | Command::Unblock(scope) => {
            print_scope(&mut line, *scope);
        }
        Command::Phase { instrument, phase: then } | Command::Uncross { instrument, then } => {
            line.key("instrument", instrument).text("phase", then.name());
        }
        Command::Time => {
            line.key("now", at);
            return line.end();
        }
    }
    line.unless(Time(0), "at", at);
    line.end()
}

const fn op_name(command: &Command) -> &'static str {
    match command {
        Command::Instrument(_) => "instrument",
        Command::Account(_) => "account",
        Command::New(_) => "new",
        Command::Cancel(_) => "cancel",
        Command::Reduce(_) => "reduce",
        Command::Replace(_) => "replace",
        Command::Quote(_) => "quote",
        Command::MassCancel(_) => "mass_cancel",
        Command::Kill(_) => "kill",
        Command::Unblock(_) => "unblock",
        Command::Phase { .. } => "phase",
        Command::Uncross { .. } => "uncross",
        Command::Time => "time",
    }
}

fn print_new(line: &mut Line, order: &NewOrder) {
    line.target(order.instrument, order.account, order.id);
    line.text("side", side_name(order.side)).key("qty", order.qty);
    if order.order_type != OrderType::Limit {
        line.text("type", order.order_type.name());
    }
    line.optional("price", order.price);
    if order.tif != TimeInForce::Gtc {
        line.text("tif", order.tif.name());
    }
    line.unless(Time(0), "expire_at", order.expire_at).optional("stop", order.stop);
    line.unless(0, "trail", order.trail).optional("limit", order.limit);
    if order.peg != Peg::Primary || order.order_type == OrderType::Pegged {
        line.text("peg", order.peg.name());
    }
    line.unless(0, "offset", order.offset).unless(Qty::ZERO, "display", order.display);
    line.unless(false, "hidden", order.hidden).unless(Qty::ZERO, "min_qty", order.min_qty);
    line.unless(false, "all_or_none", order.all_or_none);
    if order.post_only != PostOnly::No {
        line.text("post_only", order.post_only.name());
    }
    line.unless(false, "reduce_only", order.reduce_only).unless(0, "stp_group", order.stp_group);
    if order.stp != Stp::None {
        line.text("stp", order.stp.name());
    }
    line.unless(0, "group", order.group).unless(0, "parent", order.parent);
    line.unless(0, "notional", order.notional);
}

fn print_instrument(line: &mut Line, spec: &InstrumentSpec) {
    line.key("instrument", spec.instrument).text("symbol", &spec.symbol);
    line.unless(0, "scale", spec.scale).unless(1, "tick", spec.tick).unless(1, "lot", spec.lot);
    if spec.algo != Algo::Fifo {
        line.text("algo", spec.algo.name());
    }
    print_allocation(line, &spec.allocation);
    line.optional("reference", spec.reference).optional("static_band", spec.static_band);
    line.optional("dynamic_band", spec.dynamic_band);
    line.unless(0, "volatility_auction_ns", spec.volatility_auction_ns);
    line.unless(0, "maker_bps", spec.maker_bps).unless(0, "taker_bps", spec.taker_bps);
    line.unless(0, "max_orders", spec.max_orders);
    if spec.replace_policy != ReplacePolicy::Keep {
        line.text("replace_policy", spec.replace_policy.name());
    }
    if !spec.ticks.is_empty() {
        line.key("ticks", list(spec.ticks.iter().copied()));
    }
    line.unless(Qty::ZERO, "min_qty", spec.min_qty).unless(Qty::ZERO, "max_qty", spec.max_qty);
    line.unless(0, "max_notional", spec.max_notional);
    if spec.phase != crate::Phase::Continuous {
        line.text("phase", spec.phase.name());
    }
}

fn print_allocation(line: &mut Line, given: &Allocation) {
    line.optional("fifo_percent", given.fifo_percent);
    line.optional("pro_rata_min", given.pro_rata_min);
    line.optional("top_min", given.top_min).optional("top_max", given.top_max);
    line.unless(false, "leveling", given.leveling);
    if !given.makers.is_empty() {
        let makers = given.makers.iter().map(|(account, percent)| (account.0, *percent));
        line.key("makers", list(makers));
    }
}

/// Pairs of numbers as a list of lists.
fn list<A: Display, B: Display>(pairs: impl Iterator<Item = (A, B)>) -> String {
    let mut list = String::from("[");
    for (first, second) in pairs {
        let comma = if list.len() == 1 { "" } else { "," };
        write!(list, "{comma}[{first},{second}]").expect("a string takes everything");
    }
    list.push(']');
    list
}

fn print_account(line: &mut Line, spec: &AccountSpec) {
    line.key("account", spec.account).optional("max_order_qty", spec.max_order_qty);
    line.optional("max_order_notional", spec.max_order_notional);
    line.optional("max_open_orders", spec.max_open_orders);
    line.optional("max_open_qty", spec.max_open_qty).optional("max_long", spec.max_long);
    line.optional("max_short", spec.max_short).optional("collar", spec.collar);
    line.optional("max_messages", spec.max_messages).unless(0, "per_ns", spec.per_ns);
    line.optional("mmp_qty", spec.mmp_qty).optional("mmp_fills", spec.mmp_fills);
    line.unless(0, "mmp_ns", spec.mmp_ns).optional("cash", spec.cash);
    line.unless(0, "position", spec.position);
}

fn print_scope(line: &mut Line, scope: Scope) {
    line.optional("account", scope.account).optional("instrument", scope.instrument);
    if let Some(side) = scope.side {
        line.text("side", side_name(side));
    }
}

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// A JSON object that grows key by key.
struct Line(String);

impl Line {
    fn new(key: &str, name: &str) -> Self {
        let mut line = String::with_capacity(128);
        write!(line, "{{\"{key}\":\"{name}\"").expect("a string takes everything");
        Self(line)
    }

    fn key(&mut self, key: &str, value: impl Display) -> &mut Self {
        write!(self.0, ",\"{key}\":{value}").expect("a string takes everything");
        self
    }

    fn text(&mut self, key: &str, text: &str) -> &mut Self {
        let text = serde_json::Value::from(text);
        self.key(key, text)
    }

    fn optional(&mut self, key: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.key(key, value),
            None => self,
        }
    }

    fn or_null(&mut self, key: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.key(key, value),
            None => self.key(key, "null"),
        }
    }

    fn unless<T: Display + PartialEq>(&mut self, default: T, key: &str, value: T) -> &mut Self {
        if value == default { self } else { self.key(key, value) }
    }

    fn target(&mut self, instrument: InstrumentId, account: AccountId, id: OrderId) {
        self.key("instrument", instrument);
        if account != AccountId(0) {
            self.key("account", account);
        }
        self.key("id", id);
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
