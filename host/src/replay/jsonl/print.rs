//! One event becomes one line of JSON, with the keys of the specification in its order.

use std::io::{self, Write};

use arrayvec::ArrayVec;
use ringfence_core::event::Total;
use ringfence_core::{
    BookView, Engine, Event, InstrumentId, Interest, OrderView, Price, Side, WaitingView, What,
};

/// Writes one event as one line, the line's end included.
///
/// Nothing is allocated.
///
/// ```
/// use ringfence_core::{AccountId, CancelReason, Event, InstrumentId, OrderId, Qty, What};
/// let (id, account, reason) = (OrderId(7), AccountId(0), CancelReason::User);
/// let what = What::Canceled { id, account, qty: Qty(5), reason };
/// let mut out = Vec::new();
/// let event = Event { seq: 3, instrument: InstrumentId(1), what };
/// ringfence_host::replay::jsonl::write_event(&event, &mut out)?;
/// let line = r#"{"ev":"canceled","seq":3,"instrument":1,"id":7,"account":0,"qty":5,"reason":"user"}"#;
/// assert_eq!(String::from_utf8_lossy(&out).trim_end(), line);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Where `out` cannot be written to.
pub fn write_event(event: &Event, out: &mut impl Write) -> io::Result<()> {
    let mut line = Line::new(name(&event.what));
    line.number("seq", event.seq).number("instrument", event.instrument.0);
    if event.what.class() == Interest::PRIVATE {
        private(&event.what, &mut line);
    } else {
        public(&event.what, &mut line);
    }
    out.write_all(line.end())
}

/// A line of JSON, written key by key.
struct Line {
    bytes: ArrayVec<u8, LINE_LEN_MAX>,
}

/// The longest event, a fill with every number at its longest, has under 400 bytes.
const LINE_LEN_MAX: usize = 512;

impl Line {
    fn new(ev: &str) -> Self {
        let mut line = Self { bytes: ArrayVec::new() };
        line.raw("{\"ev\":\"").raw(ev).raw("\"");
        line
    }

    fn number(&mut self, key: &str, number: impl itoa::Integer) -> &mut Self {
        self.key(key).raw(itoa::Buffer::new().format(number))
    }

    fn number_or_null(&mut self, key: &str, number: Option<impl itoa::Integer>) -> &mut Self {
        match number {
            Some(number) => self.number(key, number),
            None => self.key(key).raw("null"),
        }
    }

    /// A key with text that needs no escaping.
    fn text(&mut self, key: &str, text: &str) -> &mut Self {
        self.key(key).raw("\"").raw(text).raw("\"")
    }

    fn side(&mut self, side: Side) -> &mut Self {
        self.text("side", side_name(side))
    }

    /// The whole line.
    fn end(&mut self) -> &[u8] {
        self.raw("}\n");
        &self.bytes
    }

    fn key(&mut self, key: &str) -> &mut Self {
        self.raw(",\"").raw(key).raw("\":")
    }

    fn raw(&mut self, text: &str) -> &mut Self {
        let whole = self.bytes.try_extend_from_slice(text.as_bytes());
        whole.expect("LINE_LEN_MAX holds the longest event");
        self
    }
}

fn name(what: &What) -> &'static str {
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

fn private(what: &What, line: &mut Line) {
    match *what {
        What::Accepted { id, account, side, qty, price } => {
            line.number("id", id.0).number("account", account.0).side(side).number("qty", qty.0);
            if let Some(price) = price {
                line.number("price", price.0);
            }
        }
        What::Rejected { op, id, account, reason } => {
            line.text("op", op.name()).number("id", id.0).number("account", account.0);
            line.text("reason", reason.name());
        }
        What::Filled { id, account, price, qty, leaves, cumulative: _, liquidity, fee } => {
            line.number("id", id.0).number("account", account.0).number("price", price.0);
            line.number("qty", qty.0).number("leaves", leaves.0);
            line.text("liquidity", liquidity.name()).number("fee", fee.get());
        }
        What::Canceled { id, account, qty, reason } => {
            line.number("id", id.0).number("account", account.0).number("qty", qty.0);
            line.text("reason", reason.name());
        }
        What::Replaced { id, new_id, account: _, price, qty, leaves, kept_priority } => {
            line.number("id", id.0).number("new_id", new_id.0);
            line.number_or_null("price", price.map(|price| price.0));
            line.number("qty", qty.0).number("leaves", leaves.0);
            line.key("kept_priority").raw(if kept_priority { "true" } else { "false" });
        }
        What::Triggered { id, account: _, stop } => {
            line.number("id", id.0).number("stop", stop.0);
        }
        _ => {}
    }
}

fn public(what: &What, line: &mut Line) {
    match *what {
        What::Trade { trade_id, price, qty, taker, buy_id, sell_id, maker_id } => {
            line.number("trade_id", trade_id).number("price", price.0).number("qty", qty.0);
            if let Some(taker) = taker {
                line.text("taker", side_name(taker));
            }
            line.number("buy_id", buy_id.0).number("sell_id", sell_id.0);
            if let Some(maker) = maker_id {
                line.number("maker_id", maker.0);
            }
        }
        What::Add { id, side, price, qty }
        | What::Execute { id, side, price, qty }
        | What::Reduce { id, side, price, qty }
        | What::Delete { id, side, price, qty } => {
            line.number("id", id.0).side(side).number("price", price.0).number("qty", qty.0);
        }
        What::Rename { id, new_id, side, price, qty } => {
            line.number("id", id.0).number("new_id", new_id.0).side(side).number("price", price.0);
            line.number("qty", qty.0);
        }
        What::Level { side, price, qty, orders } => {
            line.side(side).number("price", price.0).number("qty", qty.get());
            line.number("orders", orders);
        }
        What::Bbo { bid, ask } => {
            let price = |best: Option<(Price, Total)>| best.map(|(price, _)| price.0);
            let qty = |best: Option<(Price, Total)>| best.map(|(_, qty)| qty.get());
            line.number_or_null("bid", price(bid)).number_or_null("bid_qty", qty(bid));
            line.number_or_null("ask", price(ask)).number_or_null("ask_qty", qty(ask));
        }
        What::Phase { phase } => {
            line.text("phase", phase.name());
        }
        What::Indicative { price, qty, surplus } => {
            line.number_or_null("price", price.map(|price| price.0)).number("qty", qty.get());
            line.number("surplus", surplus.get());
        }
        What::Uncrossed { price, qty } => {
            line.number_or_null("price", price.map(|price| price.0)).number("qty", qty.get());
        }
        _ => {}
    }
}

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

/// Writes every instrument's `depth` best levels and live orders, a line each.
///
/// # Errors
///
/// Where `out` cannot be written to.
pub fn write_depth(engine: &Engine, depth: usize, out: &mut impl Write) -> io::Result<()> {
    for instrument in engine.instruments() {
        let Some(book) = engine.book(instrument) else { continue };
        out.write_all(levels(instrument, book, depth).as_bytes())?;
        for resting in Side::BOTH.into_iter().flat_map(|side| book.orders(side)) {
            out.write_all(order(instrument, &resting).as_bytes())?;
        }
        for waiting in book.waiting() {
            out.write_all(waits(instrument, &waiting).as_bytes())?;
        }
    }
    Ok(())
}

/// The best levels of a book, as one line.
fn levels(instrument: InstrumentId, book: BookView<'_>, depth: usize) -> String {
    let levels = |side| {
        let levels = book.levels(side).take(depth);
        let texts: Vec<_> = levels
            .map(|level| format!("[{},{},{}]", level.price, level.qty, level.orders))
            .collect();
        texts.join(",")
    };
    let (bids, asks) = (levels(Side::Buy), levels(Side::Sell));
    format!(
        "{{\"ev\":\"depth\",\"instrument\":{instrument},\"bids\":[{bids}],\"asks\":[{asks}]}}\n"
    )
}

/// One live order, as one line.
fn order(instrument: InstrumentId, order: &OrderView) -> String {
    let mut line = Line::new("order");
    line.number("instrument", instrument.0).number("id", order.id.0);
    line.number("account", order.account.0).side(order.side).number("price", order.price.0);
    line.number("qty", order.open.0).number("filled", order.filled.0);
    String::from_utf8_lossy(line.end()).into_owned()
}

/// One live order that is on no level, as one line.
fn waits(instrument: InstrumentId, order: &WaitingView) -> String {
    let mut line = Line::new("order");
    line.number("instrument", instrument.0).number("id", order.id.0);
    line.number("account", order.account.0).side(order.side);
    line.number_or_null("price", order.limit.map(|price| price.0));
    line.number("qty", order.open.0).number("filled", order.filled.0);
    line.text("waits_as", order.order_type.name());
    if let Some(stop) = order.stop {
        line.number("stop", stop.0);
    }
    if let Some(parent) = order.parent {
        line.number("parent", parent.0);
    }
    String::from_utf8_lossy(line.end()).into_owned()
}

/// The hash of the engine's state, as one line.
#[must_use]
pub fn state_line(engine: &Engine) -> String {
    let (hash, seq) = (engine.state_hash(), engine.seq());
    format!("{{\"ev\":\"state\",\"hash\":\"{hash:016x}\",\"seq\":{seq}}}\n")
}
