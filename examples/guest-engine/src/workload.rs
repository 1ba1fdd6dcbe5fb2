//! The measuring workload through the engine, the same code in Wasm and natively.

use ringfence_benches::books::{Books, Fills, Ringfence};
use ringfence_benches::workload::Workload;

/// A workload whose books have taken in what rests before.
#[derive(Debug)]
pub struct Prepared {
    workload: Workload,
    books: Ringfence,
}

impl Prepared {
    /// Variant A, B or C as 0, 1 or 2, cut to so many commands; nothing for another number.
    #[must_use]
    pub fn new(variant: u32, commands: u32) -> Option<Self> {
        let name = ["A", "B", "C"].get(variant as usize)?;
        let mut workload = Workload::new(name, SEED)?;
        workload.commands.truncate(commands as usize);
        let mut books = Ringfence::new(&workload);
        let mut fills = Fills::new(workload.books);
        for order in &workload.preload {
            books.apply(order, &mut fills);
        }
        Some(Self { workload, books })
    }

    /// How many commands there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.workload.commands.len()).unwrap_or(u32::MAX)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.workload.commands.is_empty()
    }

    /// Applies them all; the hash of their fills. Once: a second run finds the books as the first
    /// left them.
    pub fn run(&mut self) -> u64 {
        let mut fills = Fills::new(self.workload.books);
        for order in &self.workload.commands {
            self.books.apply(order, &mut fills);
        }
        fills.tally().fill_hash
    }
}

/// That of the expected figures in `shared/bench`.
const SEED: u64 = 42;
