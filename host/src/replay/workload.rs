//! Runs the measuring workload and counts what it must come to.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use ringfence_core::{
    AccountId, Cancel, Capacity, Command, Engine, Event, EventSink, InstrumentId, InstrumentSpec,
    Interest, NewOrder, NewQty, OrderId, Price, Qty, Reduce, Replace, Side, Time, TimeInForce,
    What,
};

use crate::error::RunError;
use crate::ordinary;

/// What the workload came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Commands that were timed.
    pub commands: u64,
    /// Trades.
    pub trades: u64,
    /// Lots traded.
    pub qty: u128,
    /// Ticks × lots traded.
    pub notional: i128,
    /// Orders that rest at the end.
    pub rest_orders: u64,
    /// Lots that rest at the end.
    pub rest_qty: u128,
    /// Who traded with whom, at which price and how much, in order.
    pub fill_hash: u64,
    /// Tenths of a nanosecond per command.
    pub tenths_of_ns_per_command: u64,
}

impl Figures {
    /// As one JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        let Self { commands, trades, qty, notional, rest_orders, rest_qty, fill_hash, .. } = self;
        let (whole, tenth) =
            (self.tenths_of_ns_per_command / 10, self.tenths_of_ns_per_command % 10);
        format!(
            "{{\"commands\":{commands},\"trades\":{trades},\"qty\":{qty},\"notional\":{notional},\
             \"rest_orders\":{rest_orders},\"rest_qty\":{rest_qty},\
             \"fill_hash\":\"{fill_hash:016x}\",\"ns_per_command\":{whole}.{tenth}}}"
        )
    }

    /// What differs from the figures in the text of an `.expected` file, each as a sentence.
    ///
    /// # Errors
    ///
    /// A sentence where the text lacks a figure.
    pub fn differences(&self, expected: &str) -> Result<Vec<String>, String> {
        let own = [
            ("trades", self.trades.to_string()),
            ("qty", self.qty.to_string()),
            ("notional", self.notional.to_string()),
            ("rest_orders", self.rest_orders.to_string()),
            ("rest_qty", self.rest_qty.to_string()),
            ("fill_hash", format!("{:016x}", self.fill_hash)),
        ];
        let mut differences = Vec::new();
        for (name, value) in own {
            let wanted = expected_figure(expected, name)
                .ok_or_else(|| format!("does not say `{name}=…`; is it what gen.cpp writes?"))?;
            if wanted != value {
                differences.push(format!("{name} is {value}, expected {wanted}"));
            }
        }
        Ok(differences)
    }
}

fn expected_figure<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let words = text.split_whitespace().filter_map(|word| word.split_once('='));
    // `fill_hash(xor over books)=…` has spaces in its name.
    let by_name = words.clone().find(|&(key, _)| key == name);
    let found = by_name.or_else(|| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_once('=')
    })?;
    Some(found.1.trim())
}

/// Runs the workload in `file`.
///
/// # Errors
///
/// [`RunError`] where the file cannot be read or is not a workload.
pub fn replay(file: &str) -> Result<Figures, RunError> {
    let failed = |source| RunError::Open { file: file.to_owned(), source };
    let wrong =
        |problem: &str| RunError::File { file: file.to_owned(), problem: problem.to_owned() };
    let Some((opened, len)) = ordinary::open(Path::new(file)).map_err(failed)? else {
        return Err(wrong("is no ordinary file; name one that shared/bench/gen.cpp made"));
    };
    let mut bytes = Vec::new();
    (&opened).take(HEADER_LEN).read_to_end(&mut bytes).map_err(failed)?;
    let header = Header::read(&bytes).ok_or_else(|| {
        wrong("is not a workload: it does not begin with LOBW0001 and 56 bytes more; make one with shared/bench/gen.cpp")
    })?;
    let not_whole = || wrong("has not as many commands as its header says; is it whole?");
    if header.file_len() != Some(len) {
        return Err(not_whole());
    }
    bytes.clear();
    opened.take(len - HEADER_LEN).read_to_end(&mut bytes).map_err(failed)?;
    let (records, _) = bytes.as_chunks::<RECORD_LEN>();
    if Some(records.len() as u64) != header.preload.checked_add(header.commands) {
        return Err(not_whole());
    }
    let (preload, timed) = records.split_at(usize::try_from(header.preload).unwrap_or(0));
    let mut engine =
        Engine::new(Capacity { instruments: header.books.max(1), ..Capacity::default() });
    let mut tally = Tally { hashes: vec![FNV_START; header.books as usize], ..Tally::default() };
    for book in 0..header.books {
        let spec = InstrumentSpec::new(InstrumentId(book), "LOAD");
        engine.apply(Time(0), &Command::Instrument(Box::new(spec)), &mut tally);
    }
    let command = |record: &[u8; RECORD_LEN]| {
        command(record, header.books)
            .ok_or_else(|| wrong("holds a command of an unknown kind or book"))
    };
    for record in preload {
        engine.apply(Time(0), &command(record)?, &mut tally);
    }
    let begun = Instant::now();
    for record in timed {
        engine.apply(Time(0), &command(record)?, &mut tally);
    }
    let elapsed = begun.elapsed().as_nanos();
    let tenths = elapsed * 10 / u128::from(header.commands.max(1));
    Ok(tally.figures(&engine, &header, u64::try_from(tenths).unwrap_or(u64::MAX)))
}

/// Bytes ahead of the commands.
const HEADER_LEN: u64 = 64;

/// Bytes of a command.
const RECORD_LEN: usize = 32;

struct Header {
    preload: u64,
    commands: u64,
    books: u32,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let header = bytes.first_chunk::<64>()?;
        let number =
            |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("8 bytes"));
        let books = u32::try_from(number(48)).ok().filter(|&books| books <= 1 << 16)?;
        let header_read = Self { preload: number(8), commands: number(16), books };
        header.starts_with(b"LOBW0001").then_some(header_read)
    }

    /// Bytes of the whole file.
    fn file_len(&self) -> Option<u64> {
        let commands = self.preload.checked_add(self.commands)?;
        commands.checked_mul(RECORD_LEN as u64)?.checked_add(HEADER_LEN)
    }
}

/// The command in a record; `None` for an unknown kind or book.
#[inline]
fn command(record: &[u8; RECORD_LEN], books: u32) -> Option<Command> {
    let [kind, side, book_low, book_high, qty @ .., _, _, _, _, _, _, _, _] = record;
    let book = u32::from(u16::from_le_bytes([*book_low, *book_high]));
    let instrument = (book < books).then_some(InstrumentId(book))?;
    let (qty, rest) = qty.split_first_chunk::<4>()?;
    let (price, id) = rest.split_first_chunk::<8>()?;
    let qty = Qty(u64::from(u32::from_le_bytes(*qty)));
    let price = Price(i64::from_le_bytes(*price));
    let id = OrderId(u64::from_le_bytes(id.try_into().ok()?));
    let side = if *side == 0 { Side::Buy } else { Side::Sell };
    let account = AccountId(0);
    let limit = NewOrder { instrument, ..NewOrder::limit(id, side, price, qty) };
    Some(match kind {
        0 => Command::New(limit),
        1 => Command::Cancel(Cancel { instrument, account, id }),
        2 => Command::Reduce(Reduce { instrument, account, id, by: qty }),
        3 => Command::Replace(Replace {
            instrument,
            account,
            id,
            new_id: None,
            price: Some(price),
            qty: NewQty::Open(qty),
        }),
        4 => Command::New(NewOrder { tif: TimeInForce::Ioc, ..limit }),
        _ => return None,
    })
}

/// Adds up trades.
#[derive(Debug, Default)]
struct Tally {
    trades: u64,
    qty: u128,
    notional: i128,
    /// One for each book.
    hashes: Vec<u64>,
}

const FNV_START: u64 = 1_469_598_103_934_665_603;
const FNV_FACTOR: u64 = 1_099_511_628_211;

/// Makes one number of two names.
const TAKER_FACTOR: u64 = 1_000_003;

impl Tally {
    fn figures(&self, engine: &Engine, header: &Header, tenths: u64) -> Figures {
        let mut resting = BTreeMap::new();
        for instrument in engine.instruments() {
            let Some(book) = engine.book(instrument) else { continue };
            for order in Side::BOTH.into_iter().flat_map(|side| book.orders(side)) {
                resting.insert((instrument, order.id), order.open);
            }
        }
        Figures {
            commands: header.commands,
            trades: self.trades,
            qty: self.qty,
            notional: self.notional,
            rest_orders: resting.len() as u64,
            rest_qty: resting.values().map(|qty| u128::from(qty.0)).sum(),
            fill_hash: self.hashes.iter().fold(0, |all, hash| all ^ hash),
            tenths_of_ns_per_command: tenths,
        }
    }
}

impl EventSink for Tally {
    fn interest(&self) -> Interest {
        Interest::TRADES
    }

    fn push(&mut self, event: Event) {
        let What::Trade { price, qty, buy_id, sell_id, maker_id: Some(maker), .. } = event.what
        else {
            return;
        };
        let taker = if maker == buy_id { sell_id } else { buy_id };
        self.trades += 1;
        self.qty += u128::from(qty.0);
        self.notional = self.notional.saturating_add((price * qty).0);
        let hash = &mut self.hashes[event.instrument.0 as usize];
        let pair = taker.0.wrapping_mul(TAKER_FACTOR).wrapping_add(maker.0);
        for number in [pair, price.0.cast_unsigned(), qty.0] {
            *hash = (*hash ^ number).wrapping_mul(FNV_FACTOR);
        }
    }
}

#[cfg(test)]
mod tests;
