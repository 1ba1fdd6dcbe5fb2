//! One command becomes one line of JSON, which [`parse_line`](super::parse_line) reads back as the
//! same command.

use std::io::{self, Write};

use ringfence_core::allocation::Allocation;
use ringfence_core::{
    AccountSpec, Algo, Cancel, Command, InstrumentSpec, NewOrder, NewQty, Op, OrderType, Peg,
    Phase, PostOnly, Qty, Quote, Reduce, Replace, ReplacePolicy, Scope, Side, Stp, Time,
    TimeInForce,
};

/// Writes one command that happened at `at` as one line, the line's end included; keys that have
/// their default are left out.
///
/// # Errors
///
/// Where `out` cannot be written to.
pub fn write_command(at: Time, command: &Command, out: &mut impl Write) -> io::Result<()> {
    let mut line = Line { bytes: Vec::with_capacity(LINE_LEN) };
    line.op(command.op());
    match command {
        Command::Instrument(spec) => instrument(spec, &mut line),
        Command::Account(spec) => account(spec, &mut line),
        Command::New(order) => new_order(order, &mut line),
        Command::Cancel(Cancel { instrument, account, id }) => {
            line.target(instrument.0, account.0, id.0);
        }
        Command::Reduce(Reduce { instrument, account, id, by }) => {
            line.target(instrument.0, account.0, id.0);
            line.number("by", by.0);
        }
        Command::Replace(replace) => change(replace, &mut line),
        Command::Quote(quote) => quotes(quote, &mut line),
        Command::MassCancel(scope) | Command::Kill(scope) | Command::Unblock(scope) => {
            scopes(scope, &mut line);
        }
        Command::Phase { instrument, phase } | Command::Uncross { instrument, then: phase } => {
            line.number("instrument", instrument.0).text("phase", phase.name());
        }
        Command::Time => {
            line.number("now", at.0);
            return out.write_all(line.end());
        }
    }
    line.unless(0, "at", at.0);
    out.write_all(line.end())
}

/// What most lines have room in.
const LINE_LEN: usize = 192;

// What has many parts is taken apart by name, so that a part that is added later and not written
// here does not compile.

fn instrument(spec: &InstrumentSpec, line: &mut Line) {
    let InstrumentSpec {
        instrument,
        symbol,
        scale,
        tick,
        ticks,
        lot,
        min_qty,
        max_qty,
        max_notional,
        algo,
        allocation: Allocation { fifo_percent, pro_rata_min, top_min, top_max, leveling, makers },
        reference,
        static_band,
        dynamic_band,
        volatility_auction_ns,
        maker_bps,
        taker_bps,
        max_orders,
        replace_policy,
        phase,
    } = spec;
    line.number("instrument", instrument.0).any_text("symbol", symbol);
    line.unless(0, "scale", *scale).unless(1, "tick", *tick).unless(1, "lot", *lot);
    line.name(*algo != Algo::Fifo, "algo", algo.name());
    line.optional("fifo_percent", *fifo_percent);
    line.optional("pro_rata_min", pro_rata_min.map(|qty| qty.0));
    line.optional("top_min", top_min.map(|qty| qty.0))
        .optional("top_max", top_max.map(|qty| qty.0));
    line.flag("leveling", *leveling);
    line.pairs("makers", makers.iter().map(|(account, percent)| (account.0, *percent)));
    line.optional("reference", reference.map(|price| price.0));
    line.optional("static_band", *static_band).optional("dynamic_band", *dynamic_band);
    line.unless(0, "volatility_auction_ns", *volatility_auction_ns);
    line.unless(0, "maker_bps", *maker_bps).unless(0, "taker_bps", *taker_bps);
    line.unless(0, "max_orders", *max_orders);
    line.name(*replace_policy != ReplacePolicy::Keep, "replace_policy", replace_policy.name());
    line.pairs("ticks", ticks.iter().map(|(from, tick)| (from.0, *tick)));
    line.unless(0, "min_qty", min_qty.0).unless(0, "max_qty", max_qty.0);
    line.unless(0, "max_notional", *max_notional);
    line.name(*phase != Phase::Continuous, "phase", phase.name());
}

fn account(spec: &AccountSpec, line: &mut Line) {
    let AccountSpec {
        account,
        max_order_qty,
        max_order_notional,
        max_open_orders,
        max_open_qty,
        max_long,
        max_short,
        collar,
        max_messages,
        per_ns,
        mmp_qty,
        mmp_fills,
        mmp_ns,
        cash,
        position,
    } = spec;
    line.number("account", account.0).optional("max_order_qty", *max_order_qty);
    line.optional("max_order_notional", *max_order_notional);
    line.optional("max_open_orders", *max_open_orders).optional("max_open_qty", *max_open_qty);
    line.optional("max_long", *max_long).optional("max_short", *max_short);
    line.optional("collar", *collar).optional("max_messages", *max_messages);
    // Where something counts, no interval would be read as the usual one.
    let counts = max_messages.is_some() || *per_ns != 0;
    line.optional("per_ns", counts.then_some(*per_ns)).optional("mmp_qty", *mmp_qty);
    let counts = mmp_qty.is_some() || mmp_fills.is_some() || *mmp_ns != 0;
    line.optional("mmp_fills", *mmp_fills).optional("mmp_ns", counts.then_some(*mmp_ns));
    line.optional("cash", *cash).unless(0, "position", *position);
}

fn new_order(order: &NewOrder, line: &mut Line) {
    let &NewOrder {
        id,
        instrument,
        account,
        side,
        order_type,
        tif,
        post_only,
        stp,
        peg,
        hidden,
        all_or_none,
        reduce_only,
        stp_group,
        price,
        qty,
        notional,
        limit,
        stop,
        trail,
        offset,
        display,
        min_qty,
        expire_at,
        group,
        parent,
    } = order;
    line.target(instrument.0, account.0, id.0).side(side);
    // What a limit order has no use for would be read as another type, were its own left out.
    let implied = display == Qty::ZERO && peg == Peg::Primary;
    line.name(order_type != OrderType::Limit || !implied, "type", order_type.name());
    if notional == 0 || qty != Qty::ZERO {
        line.number("qty", qty.0);
    }
    line.optional("price", price.map(|price| price.0));
    line.name(tif != TimeInForce::Gtc, "tif", tif.name()).unless(0, "expire_at", expire_at.0);
    line.optional("stop", stop.map(|price| price.0)).unless(0, "trail", trail);
    line.optional("limit", limit.map(|price| price.0));
    line.name(peg != Peg::Primary, "peg", peg.name()).unless(0, "offset", offset);
    line.unless(0, "display", display.0).flag("hidden", hidden).unless(0, "min_qty", min_qty.0);
    line.flag("all_or_none", all_or_none);
    line.name(post_only != PostOnly::No, "post_only", post_only.name());
    line.flag("reduce_only", reduce_only).unless(0, "stp_group", stp_group);
    line.name(stp != Stp::None, "stp", stp.name());
    line.unless(0, "group", group).unless(0, "parent", parent).unless(0, "notional", notional);
}

fn change(replace: &Replace, line: &mut Line) {
    let &Replace { instrument, account, id, new_id, price, qty } = replace;
    line.target(instrument.0, account.0, id.0).optional("new_id", new_id.map(|id| id.0));
    line.optional("price", price.map(|price| price.0));
    match qty {
        NewQty::Keep => line,
        NewQty::Total(total) => line.number("qty", total.0),
        NewQty::Open(open) => line.number("open", open.0),
    };
}

fn quotes(quote: &Quote, line: &mut Line) {
    let &Quote { instrument, account, id, bid, ask } = quote;
    line.number("instrument", instrument.0).number("account", account.0).number("id", id.0);
    for (quoted, price_key, qty_key) in [(bid, "bid", "bid_qty"), (ask, "ask", "ask_qty")] {
        if let Some((price, qty)) = quoted {
            line.number(price_key, price.0).number(qty_key, qty.0);
        }
    }
}

fn scopes(scope: &Scope, line: &mut Line) {
    let &Scope { account, instrument, side } = scope;
    line.optional("account", account.map(|account| account.0));
    line.optional("instrument", instrument.map(|instrument| instrument.0));
    if let Some(side) = side {
        line.side(side);
    }
}

/// A line of JSON, written key by key.
struct Line {
    bytes: Vec<u8>,
}

impl Line {
    fn op(&mut self, op: Op) -> &mut Self {
        self.raw("{\"op\":\"").raw(op.name()).raw("\"")
    }

    fn number(&mut self, key: &str, number: impl itoa::Integer) -> &mut Self {
        self.key(key).raw(itoa::Buffer::new().format(number))
    }

    fn optional(&mut self, key: &str, number: Option<impl itoa::Integer>) -> &mut Self {
        match number {
            Some(number) => self.number(key, number),
            None => self,
        }
    }

    fn unless<T: itoa::Integer + PartialEq>(
        &mut self,
        default: T,
        key: &str,
        number: T,
    ) -> &mut Self {
        if number == default { self } else { self.number(key, number) }
    }

    /// A list of pairs; none where there are none.
    fn pairs<A: itoa::Integer, B: itoa::Integer>(
        &mut self,
        key: &str,
        pairs: impl Iterator<Item = (A, B)>,
    ) -> &mut Self {
        let mut pairs = pairs.peekable();
        if pairs.peek().is_none() {
            return self;
        }
        self.key(key);
        let mut comma = "[[";
        for (first, second) in pairs {
            self.raw(comma).raw(itoa::Buffer::new().format(first)).raw(",");
            self.raw(itoa::Buffer::new().format(second)).raw("]");
            comma = ",[";
        }
        self.raw("]")
    }

    fn flag(&mut self, key: &str, is_set: bool) -> &mut Self {
        if is_set { self.key(key).raw("true") } else { self }
    }

    /// A name of the vocabulary, which needs no escaping.
    fn name(&mut self, is_told: bool, key: &str, name: &str) -> &mut Self {
        if is_told { self.text(key, name) } else { self }
    }

    fn text(&mut self, key: &str, text: &str) -> &mut Self {
        self.key(key).raw("\"").raw(text).raw("\"")
    }

    /// Text that people chose.
    fn any_text(&mut self, key: &str, text: &str) -> &mut Self {
        let quoted = serde_json::Value::from(text).to_string();
        self.key(key).raw(&quoted)
    }

    fn side(&mut self, side: Side) -> &mut Self {
        self.text("side", if side == Side::Buy { "buy" } else { "sell" })
    }

    fn target(&mut self, instrument: u32, account: u32, id: u64) -> &mut Self {
        self.number("instrument", instrument).unless(0, "account", account).number("id", id)
    }

    fn key(&mut self, key: &str) -> &mut Self {
        self.raw(",\"").raw(key).raw("\":")
    }

    fn raw(&mut self, text: &str) -> &mut Self {
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    fn end(&mut self) -> &[u8] {
        self.raw("}\n");
        &self.bytes
    }
}
