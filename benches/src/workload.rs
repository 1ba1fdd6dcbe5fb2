//! The commands of variants A, B and C, and what a plain price-time book makes of them.

mod plain;

use plain::Plain;

/// One command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// What to do.
    pub kind: Kind,
    /// Buy, else sell.
    pub buys: bool,
    /// Which book.
    pub book: u16,
    /// Quantity, in lots.
    pub qty: u32,
    /// Price, in ticks.
    pub price: i64,
    /// The order's name.
    pub id: u64,
    /// What a reduce leaves open, for books that ask for that; else 0.
    pub open: u32,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Places a limit order.
    Add,
    /// Cancels an order, which may be gone.
    Cancel,
    /// Takes `qty` off an order, which keeps its place.
    Reduce,
    /// Gives an order another price and open quantity; it enters again.
    Replace,
    /// Takes at once up to a price; never rests.
    Aggress,
}

/// A run of commands over some books.
#[derive(Clone, Debug)]
pub struct Workload {
    /// A, B or C.
    pub name: &'static str,
    /// How many books.
    pub books: u16,
    /// Orders that are there before; not timed.
    pub preload: Vec<Order>,
    /// What is timed.
    pub commands: Vec<Order>,
    /// The lowest and highest price of all.
    pub prices: (i64, i64),
    /// What a plain book makes of it.
    pub expected: Tally,
}

/// What a book made of a workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Fills.
    pub trades: u64,
    /// Lots traded.
    pub qty: u64,
    /// Hash over all fills, in order, per book, the books' hashes combined.
    pub fill_hash: u64,
}

/// The hash of one book's fills: FNV-1a over what is in a fill.
#[derive(Clone, Copy, Debug)]
pub struct FillHash(u64);

impl Default for FillHash {
    fn default() -> Self {
        Self(1_469_598_103_934_665_603)
    }
}

impl FillHash {
    /// Takes one fill.
    #[inline]
    pub fn fill(&mut self, taker: u64, maker: u64, price: i64, qty: u64) {
        let names = taker.wrapping_mul(1_000_003).wrapping_add(maker);
        for word in [names, price.cast_unsigned(), qty] {
            self.0 = (self.0 ^ word).wrapping_mul(1_099_511_628_211);
        }
    }

    /// The hash.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// The shape of a variant.
struct Shape {
    name: &'static str,
    books: u16,
    target: u64,
    mean: u64,
    cap: u64,
    sweep_per_mille: u64,
}

const MIDDLE: i64 = 100_000;
const COMMANDS: u64 = 2_000_000;
const SHAPES: [Shape; 3] = [
    Shape { name: "A", books: 1, target: 1_000, mean: 8, cap: 512, sweep_per_mille: 10 },
    Shape { name: "B", books: 1, target: 200_000, mean: 250, cap: 1_000, sweep_per_mille: 1 },
    Shape { name: "C", books: 100, target: 1_000, mean: 8, cap: 512, sweep_per_mille: 10 },
];

impl Workload {
    /// Variant `name` (A, B or C) of 2,000,000 commands, from a seed; `None` for another name.
    #[must_use]
    pub fn new(name: &str, seed: u64) -> Option<Self> {
        let shape = SHAPES.iter().find(|shape| shape.name == name)?;
        Some(Generator::new(shape, seed).run())
    }
}

struct Generator {
    shape: &'static Shape,
    state: u64,
    books: Vec<Plain>,
    middle: Vec<i64>,
    next_id: u64,
    orders: Vec<Order>,
}

impl Generator {
    fn new(shape: &'static Shape, state: u64) -> Self {
        let books = usize::from(shape.books);
        Self {
            shape,
            state,
            books: (0..books).map(|_| Plain::default()).collect(),
            middle: vec![MIDDLE; books],
            next_id: 1,
            orders: Vec::new(),
        }
    }

    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random() % bound
    }

    fn coin(&mut self) -> bool {
        self.random() & 1 == 1
    }

    /// A geometric distance below the cap.
    fn distance(&mut self) -> i64 {
        loop {
            let mut ticks = 0;
            while self.below(self.shape.mean + 1) != 0 {
                ticks += 1;
            }
            if ticks < self.shape.cap {
                return i64::try_from(ticks).expect("the cap is small");
            }
        }
    }

    fn price(&mut self, book: usize, buys: bool) -> i64 {
        let distance = self.distance();
        if buys { self.middle[book] - distance } else { self.middle[book] + 1 + distance }
    }

    fn lots(&mut self) -> u32 {
        1 + u32::try_from(self.below(100)).expect("a hundred at the most")
    }

    fn push(&mut self, kind: Kind, book: usize, buys: bool, qty: u32, price: i64, id: u64) {
        let book = u16::try_from(book).expect("a hundred books at the most");
        self.orders.push(Order { kind, buys, book, qty, price, id, open: 0 });
    }

    fn run(mut self) -> Workload {
        let books = usize::from(self.shape.books);
        for at in 0..self.shape.target * u64::from(self.shape.books) {
            let book = usize::try_from(at).expect("fits memory") % books;
            let buys = !self.coin();
            self.add(book, buys);
        }
        let preload = self.orders.len();
        let weights: Vec<u64> = (1..=books as u64)
            .scan(0, |sum, at| {
                *sum += 1_000_000 / at;
                Some(*sum)
            })
            .collect();
        for _ in 0..COMMANDS {
            let mut book = 0;
            if books > 1 {
                let x = self.below(weights[books - 1]);
                book = weights.partition_point(|&weight| weight <= x);
            }
            self.step(book);
        }
        let prices = self
            .orders
            .iter()
            .filter(|order| matches!(order.kind, Kind::Add | Kind::Replace | Kind::Aggress));
        let prices = prices.map(|order| order.price);
        let range = prices
            .fold((i64::MAX, i64::MIN), |(low, high), price| (low.min(price), high.max(price)));
        let expected = self.books.iter().fold(Tally::default(), |sum, book| Tally {
            trades: sum.trades + book.trades,
            qty: sum.qty + book.qty,
            fill_hash: sum.fill_hash ^ book.hash.get(),
        });
        let commands = self.orders.split_off(preload);
        Workload {
            name: self.shape.name,
            books: self.shape.books,
            preload: self.orders,
            commands,
            prices: range,
            expected,
        }
    }

    fn step(&mut self, book: usize) {
        if self.below(512) == 0 {
            let step = if self.coin() { 1 } else { -1 };
            let moved = self.middle[book] + step;
            let inside = (MIDDLE - 2_000..=MIDDLE + 2_000).contains(&moved);
            self.middle[book] += if inside { step } else { -step };
        }
        let live = self.books[book].live.len() as u64;
        let more = if live < self.shape.target { 460 } else { 420 };
        let kind = match self.below(1_000) {
            x if x < more => Kind::Add,
            x if x < 840 => Kind::Cancel,
            x if x < 900 => Kind::Reduce,
            x if x < 950 => Kind::Replace,
            _ => Kind::Aggress,
        };
        match kind {
            Kind::Cancel | Kind::Reduce | Kind::Replace if live == 0 => self.add_some(book),
            Kind::Add => self.add_some(book),
            Kind::Cancel => self.cancel(book, live),
            Kind::Reduce => self.reduce(book, live),
            Kind::Replace => self.replace(book, live),
            Kind::Aggress => self.aggress(book),
        }
    }

    fn add_some(&mut self, book: usize) {
        let buys = !self.coin();
        self.add(book, buys);
    }

    fn add(&mut self, book: usize, buys: bool) {
        let price = self.price(book, buys);
        let (qty, id) = (self.lots(), self.next_id);
        self.books[book].add(id, buys, price, qty);
        self.push(Kind::Add, book, buys, qty, price, id);
        self.next_id += 1;
    }

    fn pick(&mut self, book: usize, live: u64) -> u64 {
        let at = usize::try_from(self.below(live)).expect("fits memory");
        self.books[book].live[at]
    }

    fn cancel(&mut self, book: usize, live: u64) {
        let mut id = 0;
        let mut drawn = false;
        if self.below(200) == 0 {
            id = 1 + self.below(self.next_id - 1);
            let here = self.books[book].find(id).is_some();
            drawn = here || self.books.iter().all(|book| book.find(id).is_none());
        }
        if !drawn {
            id = self.pick(book, live);
        }
        let found = self.books[book].find(id);
        let (buys, price) = found.map_or((true, 0), |order| (order.buys, order.price));
        self.books[book].cancel(id);
        self.push(Kind::Cancel, book, buys, 0, price, id);
    }

    fn reduce(&mut self, book: usize, live: u64) {
        for _ in 0..8 {
            let id = self.pick(book, live);
            let order = self.books[book].find(id).expect("it is live");
            if order.open >= 2 {
                let by = 1 + u32::try_from(self.below(u64::from(order.open - 1))).expect("lots");
                self.books[book].reduce(id, by);
                self.push(Kind::Reduce, book, order.buys, by, order.price, id);
                self.orders.last_mut().expect("it was pushed").open = order.open - by;
                return;
            }
        }
        self.cancel(book, live);
    }

    fn replace(&mut self, book: usize, live: u64) {
        let id = self.pick(book, live);
        let order = self.books[book].find(id).expect("it is live");
        let mut price = order.price;
        while price == order.price {
            price = self.price(book, order.buys);
        }
        let qty = self.lots();
        self.books[book].cancel(id);
        self.books[book].add(id, order.buys, price, qty);
        self.push(Kind::Replace, book, order.buys, qty, price, id);
    }

    fn aggress(&mut self, book: usize) {
        let buys = !self.coin();
        if self.books[book].is_empty(!buys) {
            return self.add_some(book);
        }
        let levels = 1 + self.below(3);
        let (limit, there) = self.books[book].depth(!buys, levels);
        let qty = if self.below(1_000) < self.shape.sweep_per_mille {
            there
        } else {
            there.min(1 + self.below(70))
        };
        let (qty, id) = (u32::try_from(qty).expect("lots"), self.next_id);
        self.books[book].take(id, buys, limit, qty);
        self.push(Kind::Aggress, book, buys, qty, limit, id);
        self.next_id += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Workload;

    /// The figures that `gen.cpp` writes for seed 42.
    #[test]
    fn the_workload_is_that_of_the_generator() {
        for (name, trades, qty, hash) in [
            ("A", 254_592, 6_747_057, 0x6956_33e3_7a45_65a9),
            ("B", 176_029, 4_314_080, 0xa44f_b345_5db3_1412),
            ("C", 259_504, 6_922_137, 0x7296_e6fd_a640_9088),
        ] {
            let tally = Workload::new(name, 42).expect("a variant").expected;
            assert_eq!((tally.trades, tally.qty), (trades, qty), "{name}");
            assert_eq!(tally.fill_hash, hash, "{name}");
        }
    }
}
