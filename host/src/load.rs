//! Orders at a rate, whether or not the answers keep up, and how long the answers took.
//!
//! The loop is open: order `k` is meant to leave `k / rate` after the beginning, and its latency
//! counts from then, so that an order that has to wait for those before it counts as late.

mod distribution;
mod table;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use ringfence_core::wire::{CommandRecord, EventRecord, kind};
use ringfence_core::{Command, InstrumentId, NewOrder, OrderId, Price, Qty, Side};

use crate::client::{Client, Refusal};

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Load {
    /// Where the venue takes commands.
    pub address: SocketAddr,
    /// Who sends: an account and its secret for each connection.
    pub accounts: Vec<(u32, String)>,
    /// Orders a second, all connections together.
    pub rate: u64,
    /// How long.
    pub lasts: Duration,
    /// Which instrument.
    pub instrument: u32,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Orders that were sent.
    pub sent: u64,
    /// Of these, orders that were accepted.
    pub accepted: u64,
    /// And orders that were turned away.
    pub rejected: u64,
    /// Fills that were told, two for each trade.
    pub fills: u64,
    /// Events that were heard.
    pub events: u64,
    /// From the beginning to the answer to the last order.
    pub took: Duration,
    /// From when an order was meant to leave to its answer, in ns.
    pub latency_ns: Histogram<u64>,
    /// Whether every order was answered.
    pub is_complete: bool,
}

/// Why nothing came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The venue wants nothing of an account.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no venue.
    #[error("nobody takes commands at {0}; start one there: ringfence run --config FILE")]
    Nobody(SocketAddr),
}

/// Orders that are put behind each other at once, for each connection.
const TURN_MAX: u64 = 2_048;

/// Prices at which orders sell.
const PRICES: u64 = 64;

/// How long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long all may take to be welcome.
const WELCOME: Duration = Duration::from_secs(5);

/// The longest latency that is told apart from longer ones.
const LATENCY_MAX_NS: u64 = 60_000_000_000;

impl Load {
    /// Sends and listens until all is answered.
    ///
    /// # Errors
    ///
    /// [`LoadError`] where there is no venue, or it wants nothing of these accounts.
    ///
    /// # Panics
    ///
    /// Where there is no account.
    pub fn run(&self) -> Result<Report, LoadError> {
        let connections = self.accounts.len() as u64;
        assert!(connections > 0, "somebody sends");
        let mut clients: Vec<_> = self
            .accounts
            .iter()
            .map(|(account, secret)| Client::new(self.address, *account, secret))
            .collect();
        let bases = self.welcome(&mut clients)?;
        let lasts = u64::try_from(self.lasts.as_nanos()).unwrap_or(u64::MAX);
        let total = at_rate(self.rate, lasts);
        let begun = Instant::now();
        let mut tally = Tally::new(begun, self.rate, connections);
        loop {
            let now = begun.elapsed();
            let due = at_rate(self.rate, u64::try_from(now.as_nanos()).unwrap_or(u64::MAX));
            let due = due.min(total);
            for ((at, client), &base) in (0..).zip(&mut clients).zip(&bases) {
                self.place(client, &mut tally, at, due, base);
                client.drive(&mut |_, event| tally.hear(at, base, event))?;
            }
            if tally.answered() == total || now > self.lasts + PATIENCE {
                return Ok(tally.report(total, begun.elapsed()));
            }
        }
    }

    /// Gives a client the orders of its own that are due.
    fn place(&self, client: &mut Client, tally: &mut Tally, at: u64, due: u64, base: u64) {
        let connections = tally.connections;
        let mut placed = 0;
        while placed < TURN_MAX {
            let own = tally.placed(at);
            let order = own * connections + at;
            if order >= due {
                break;
            }
            client.send(&self.order(own, base + own));
            tally.note_placed(at);
            placed += 1;
        }
    }

    /// Order `own` of a connection: every other one sells, the one behind it buys as much at the
    /// highest price of all. So at any time no more has been bought than sold, whichever connection
    /// lags: whoever buys finds enough, only what was sold lately rests, and every order trades.
    fn order(&self, own: u64, id: u64) -> CommandRecord {
        let pair = own / 2;
        let (side, above) = if own.is_multiple_of(2) {
            (Side::Sell, pair % PRICES)
        } else {
            (Side::Buy, PRICES - 1)
        };
        let price = Price(10_000 + i64::try_from(above).unwrap_or(0));
        let qty = Qty(1 + pair % 100);
        let command = Command::New(NewOrder {
            instrument: InstrumentId(self.instrument),
            ..NewOrder::limit(OrderId(id), side, price, qty)
        });
        CommandRecord::from_command(&command).expect("an order travels")
    }

    /// Waits until all are welcome. An account's orders are named from the number of its next command
    /// on, so that no name of an earlier run comes back. Returns those numbers.
    fn welcome(&self, clients: &mut [Client]) -> Result<Vec<u64>, LoadError> {
        let begun = Instant::now();
        while !clients.iter().all(|client| client.session().is_in()) {
            if begun.elapsed() > WELCOME {
                return Err(LoadError::Nobody(self.address));
            }
            for client in &mut *clients {
                client.drive(&mut |_, _| {})?;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(clients.iter().map(|client| client.session().done() + 1).collect())
    }
}

/// How many there are after `ns` nanoseconds.
fn at_rate(rate: u64, ns: u64) -> u64 {
    let count = u128::from(rate) * u128::from(ns) / 1_000_000_000;
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// What was sent and heard so far.
struct Tally {
    begun: Instant,
    rate: u64,
    connections: u64,
    placed: Vec<u64>,
    accepted: u64,
    rejected: u64,
    fills: u64,
    events: u64,
    latency_ns: Histogram<u64>,
}

impl Tally {
    fn new(begun: Instant, rate: u64, connections: u64) -> Self {
        let latency_ns = Histogram::new_with_max(LATENCY_MAX_NS, 3).expect("the bounds are right");
        let placed = (0..connections).map(|_| 0).collect();
        let (accepted, rejected, fills, events) = (0, 0, 0, 0);
        Self { begun, rate, connections, placed, accepted, rejected, fills, events, latency_ns }
    }

    fn placed(&self, at: u64) -> u64 {
        self.placed[usize::try_from(at).expect("a connection")]
    }

    fn note_placed(&mut self, at: u64) {
        self.placed[usize::try_from(at).expect("a connection")] += 1;
    }

    const fn answered(&self) -> u64 {
        self.accepted + self.rejected
    }

    fn hear(&mut self, at: u64, base: u64, event: &EventRecord) {
        // Answers of sessions that went before are nobody's here.
        let Some(own) = event.order_id.checked_sub(base) else { return };
        self.events += 1;
        match event.kind {
            kind::ACCEPTED => self.accepted += 1,
            kind::REJECTED => self.rejected += 1,
            kind::FILLED => {
                self.fills += 1;
                return;
            }
            _ => return,
        }
        let now_ns = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let meant = self.meant_ns(at, own);
        self.latency_ns.saturating_record(now_ns.saturating_sub(meant).max(1));
    }

    /// When an order is meant to leave: once there is one at this rate, the first not at once.
    fn meant_ns(&self, at: u64, own: u64) -> u64 {
        // Any number may come from a venue.
        let order = u128::from(own) * u128::from(self.connections) + u128::from(at) + 1;
        let ns = order * 1_000_000_000 / u128::from(self.rate.max(1));
        u64::try_from(ns).unwrap_or(u64::MAX)
    }

    fn report(self, sent: u64, took: Duration) -> Report {
        let is_complete = self.answered() == sent;
        let Self { accepted, rejected, fills, events, latency_ns, .. } = self;
        Report { sent, accepted, rejected, fills, events, took, latency_ns, is_complete }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::{Duration, Instant};

    use ringfence_core::wire::{EventRecord, kind};
    use ringfence_core::{Capacity, Command, Discard, Engine, InstrumentId, InstrumentSpec, Time};

    use super::{Load, LoadError, Tally, at_rate};
    use crate::testing::Random;

    #[test]
    fn an_order_is_meant_to_leave_when_it_is_due() {
        let (rate, connections) = (7, 3);
        let tally = Tally::new(Instant::now(), rate, connections);
        assert_eq!(tally.meant_ns(2, u64::MAX), u64::MAX, "an order that nobody sent");
        for order in 0..50 {
            let meant = tally.meant_ns(order % connections, order / connections);
            assert!(
                at_rate(rate, meant - 1) <= order && at_rate(rate, meant + 1) > order,
                "{order}"
            );
        }
    }

    #[test]
    fn answers_of_an_earlier_run_do_not_count() {
        let mut tally = Tally::new(Instant::now(), 1_000, 1);
        for (kind, order_id) in [
            (kind::ACCEPTED, 9),
            (kind::FILLED, 9),
            (kind::ACCEPTED, 10),
            (kind::REJECTED, 11),
            (kind::FILLED, 10),
        ] {
            tally.hear(0, 10, &EventRecord { kind, order_id, ..EventRecord::default() });
        }
        assert_eq!((tally.accepted, tally.rejected, tally.fills, tally.events), (1, 1, 1, 3));
        assert_eq!((tally.answered(), tally.latency_ns.len()), (2, 2));
    }

    /// Four connections, one of which is up to 500 orders ahead of another: no more rests than what
    /// each sold last, of 100 at most.
    #[test]
    fn the_book_stays_small_whoever_lags() {
        let load = Load {
            address: SocketAddr::from(([127, 0, 0, 1], 1)),
            accounts: Vec::new(),
            rate: 1,
            lasts: Duration::ZERO,
            instrument: 0,
        };
        let mut engine = Engine::new(Capacity::SMALL);
        let spec = InstrumentSpec::new(InstrumentId(0), "");
        engine.apply(Time(0), &Command::Instrument(spec.into()), &mut Discard);
        let mut random = Random::new(1);
        let mut own = [0u64; 4];
        let mut least = 0;
        while least < 20_000 {
            let at = usize::try_from(random.below(4)).unwrap();
            if own[at] >= least + 500 || own[at] >= 20_000 {
                least = *own.iter().min().unwrap();
                continue;
            }
            let record = load.order(own[at], (at as u64) << 40 | own[at]);
            let command = record.to_command().expect("it was one");
            engine.apply(Time(0), &command, &mut Discard);
            own[at] += 1;
            assert!(engine.orders() <= 4 * 100, "{own:?}: {} rest", engine.orders());
        }
        assert_eq!(engine.orders(), 0, "all that was sold was bought");
    }

    #[test]
    fn where_nobody_listens_that_is_what_is_said() {
        // An address that was free a moment ago, and that nobody has been told of.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        drop(listener);
        let accounts = vec![(1, "secret".to_owned())];
        let load =
            Load { address, accounts, rate: 1, lasts: Duration::from_millis(1), instrument: 1 };
        assert_eq!(load.run().unwrap_err(), LoadError::Nobody(address));
    }
}
