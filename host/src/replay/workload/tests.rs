use std::path::PathBuf;

use super::{Figures, replay};

/// A file of one test, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("ringfence-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("the temporary folder can be written");
        Self(path)
    }

    fn replay(&self) -> Result<Figures, String> {
        replay(&self.0.to_string_lossy()).map_err(|error| error.to_string())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

fn header(preload: u64, commands: u64) -> Vec<u8> {
    let numbers = [preload, commands, 9, 1, 200, 1, 0];
    let numbers = numbers.into_iter().flat_map(u64::to_le_bytes);
    b"LOBW0001".iter().copied().chain(numbers).collect()
}

fn record(kind: u8, side: u8, qty: u32, price: i64, id: u64) -> Vec<u8> {
    let mut bytes = vec![kind, side, 0, 0];
    bytes.extend(qty.to_le_bytes());
    bytes.extend(price.to_le_bytes());
    bytes.extend(id.to_le_bytes());
    bytes.extend([0; 8]);
    bytes
}

#[test]
fn every_kind_of_command_counts() {
    let mut bytes = header(1, 6);
    bytes.extend(record(0, 1, 10, 101, 1));
    bytes.extend(record(0, 0, 4, 100, 2));
    bytes.extend(record(2, 0, 1, 100, 2));
    bytes.extend(record(4, 0, 3, 101, 3));
    bytes.extend(record(3, 1, 5, 100, 1));
    bytes.extend(record(1, 0, 0, 0, 8));
    bytes.extend(record(0, 0, 7, 99, 4));
    let figures = Scratch::new("kinds", &bytes).replay().expect("a whole workload");
    // 3 at 101 by the taker, then 3 at 100 by the replaced order, which rests with 2.
    assert_eq!((figures.trades, figures.qty, figures.notional), (2, 6, 603));
    assert_eq!((figures.rest_orders, figures.rest_qty), (2, 9));
    let expected = format!(
        "expected trades=2 qty=6 notional=603 rest_orders=2 rest_qty=8\n\
         fill_hash(xor over books)={:016x}\n",
        figures.fill_hash
    );
    let differences = figures.differences(&expected).expect("all figures are there");
    assert_eq!(differences, ["rest_qty is 9, expected 8"]);
    assert!(figures.differences("trades=2").is_err(), "figures are missing");
}

#[test]
fn what_is_no_workload_is_refused() {
    let refused = |name, bytes: &[u8]| Scratch::new(name, bytes).replay().expect_err("refused");
    assert!(refused("other", b"something else").contains("is not a workload"));
    assert!(refused("short", &header(1, 1)).contains("is it whole?"));
    let mut unknown = header(0, 1);
    unknown.extend(record(9, 0, 1, 1, 1));
    assert!(refused("kind", &unknown).contains("unknown kind"));
}
