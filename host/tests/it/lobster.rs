//! `ringfence replay --format lobster`, on days of our own and on the shared real ones.

use std::io::Write;

use crate::command::{Folder, Run, ringfence, shared_data};

fn verify(messages: &str, orderbook: &str, more: &[&str]) -> Run {
    let mut args = vec!["replay", "-q", "--format", "lobster", "--verify", "--messages", messages];
    args.extend(["--orderbook", orderbook]);
    args.extend(more);
    ringfence(&args)
}

#[track_caller]
fn says(run: &Run, line: &str) {
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        run.out.lines().any(|found| squeezed(found) == line),
        "{line:?} in {}{}",
        run.out,
        run.err
    );
}

#[test]
fn a_generated_day_is_equal_in_every_row() {
    let folder = Folder::new("generated");
    let (messages, orderbook) = (folder.path("m.csv"), folder.path("o.csv"));
    let args = ["generate", "--seed", "3", "--count", "20000"];
    let files = ["--messages", &messages, "--orderbook", &orderbook];
    assert_eq!(ringfence(&[&args[..], &files].concat()).status, 0);
    let run = verify(&messages, &orderbook, &[]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    says(&run, "rows compared 20,000, levels 10");
    says(&run, "rows that differ 0");
    says(&run, "at the head, traded with another order 0");

    let again = folder.path("again.csv");
    let files = ["--messages", &again, "--orderbook", &orderbook];
    assert_eq!(ringfence(&[&args[..], &files].concat()).status, 0);
    let read = |file: &str| std::fs::read(file).expect("it was written");
    assert_eq!(read(&messages), read(&again), "one seed, one day");
}

/// Rows are books after each message; what rested before is seeded from the first.
const MESSAGES: &str = "\
34200.1,1,11,5,1000000,1
34200.2,4,11,5,1000000,1
34200.3,4,77,2,999900,1
34200.4,3,78,1,1000200,-1
34200.5,5,0,9,1000100,1
34200.6,2,79,3,999900,1
";
const ROWS: &str = "\
1000200,4,1000000,5,1000300,6,999900,8
1000200,4,999900,8,1000300,6,-9999999999,0
1000200,4,999900,6,1000300,6,-9999999999,0
1000200,3,999900,6,1000300,6,-9999999999,0
1000200,3,999900,6,1000300,6,-9999999999,0
1000200,3,999900,3,1000300,6,-9999999999,0
";

#[test]
fn orders_from_before_the_start_are_booked_against_the_seed() {
    let folder = Folder::new("seeded");
    let (messages, orderbook) = (folder.write("m.csv", MESSAGES), folder.write("o.csv", ROWS));
    let run = verify(&messages, &orderbook, &["--hash"]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    says(
        &run,
        "executions 1 at the head, 0 not at the head (reduced instead), 1 of unknown orders",
    );
    says(&run, "equal in every row the best 2 of 2 levels");
    assert!(run.out.contains("{\"ev\":\"state\",\"hash\":\""), "{}", run.out);
}

#[test]
fn rows_that_differ_are_counted_by_the_best_level_that_does() {
    let folder = Folder::new("differs");
    let messages = folder.write("m.csv", MESSAGES);
    let orderbook = folder.write(
        "o.csv",
        ROWS.replace("34,1000300,6", "")
            .replace("1000200,3,999900,6,1000300,6", "1000200,3,999900,6,1000300,7"),
    );
    let run = verify(&messages, &orderbook, &[]);
    assert_eq!(run.status, 1, "{}{}", run.out, run.err);
    says(&run, "rows that differ 2");
    says(&run, "from level 2 2, first in row 4");
    says(&run, "equal in every row the best 1 of 2 levels");
    assert_eq!(verify(&messages, &orderbook, &["--allow-rows", "2"]).status, 0);
    assert_eq!(verify(&messages, &orderbook, &["--allow-rows", "1"]).status, 1);
    assert_eq!(verify(&messages, &orderbook, &["--levels", "1"]).status, 0);
}

#[test]
fn an_execution_that_is_not_at_the_head_reduces_the_order_that_it_names() {
    let folder = Folder::new("head");
    let messages = "\
34200.1,1,11,5,1000000,1
34200.2,1,12,5,1000000,1
34200.3,4,12,3,1000000,1
34200.4,4,12,9,1000000,1
";
    let rows = "\
9999999999,0,1000000,5
9999999999,0,1000000,10
9999999999,0,1000000,7
9999999999,0,1000000,5
";
    let (messages, orderbook) = (folder.write("m.csv", messages), folder.write("o.csv", rows));
    let run = verify(&messages, &orderbook, &[]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    says(
        &run,
        "executions 0 at the head, 2 not at the head (reduced instead), 0 of unknown orders",
    );
    says(&run, "messages about more, or less, than is open 1");
}

#[test]
fn an_order_that_left_unseen_does_not_trade_with_a_later_one() {
    let folder = Folder::new("stale");
    let messages = "34200.1,1,11,5,1000000,1\n34200.2,1,12,5,999900,-1\n";
    let rows = "9999999999,0,1000000,5\n999900,5,-9999999999,0\n";
    let (messages, orderbook) = (folder.write("m.csv", messages), folder.write("o.csv", rows));
    let run = verify(&messages, &orderbook, &[]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    says(&run, "orders that had left unseen 1");
}

#[test]
fn a_halt_stops_and_a_resumption_lets_trade() {
    let folder = Folder::new("halt");
    let messages = "\
34200.1,1,11,5,1000000,1
34200.2,7,0,0,-1,-1
34200.3,3,11,5,1000000,1
34200.4,7,0,0,0,-1
34200.5,1,12,6,1000000,1
34200.6,7,0,0,1,-1
34200.7,4,12,6,1000000,1
";
    let one = "9999999999,0,1000000,5\n";
    let none = "9999999999,0,-9999999999,0\n";
    let six = "9999999999,0,1000000,6\n";
    let rows = [one, one, none, none, six, six, none].concat();
    let (messages, orderbook) = (folder.write("m.csv", messages), folder.write("o.csv", rows));
    let run = verify(&messages, &orderbook, &[]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    says(
        &run,
        "executions 1 at the head, 0 not at the head (reduced instead), 0 of unknown orders",
    );
}

#[test]
fn files_that_are_wrong_are_refused() {
    let folder = Folder::new("wrong");
    let (messages, orderbook) = (folder.write("m.csv", MESSAGES), folder.write("o.csv", ROWS));
    let letters = folder
        .write("letters.csv", MESSAGES.replace("34200.3,4,77,2,999900", "34200.3,4,77,2,9x9900"));
    verify(&letters, &orderbook, &[])
        .refused(&["letters.csv, line 3, column 16", "`9x9900` is not a price"]);
    let uneven = folder
        .write("uneven.csv", MESSAGES.replace("5,1000000,1\n34200.2", "5,1000050,1\n34200.2"));
    verify(&uneven, &orderbook, &[]).refused(&[
        "line 1",
        "1000050 is not a multiple of 100",
        "--tick",
    ]);
    let short = folder.write("short.csv", "1000200,4,1000000,5,1000300,6,999900,8\n");
    verify(&messages, &short, &[]).refused(&["short.csv ends before message 2"]);
    let long = folder.write("long.csv", format!("{ROWS}{ROWS}"));
    verify(&messages, &long, &[]).refused(&["long.csv has more rows than there are messages"]);
    let ragged = folder
        .write("ragged.csv", ROWS.replacen("999900,6,1000300,6,-9999999999,0", "999900,6", 1));
    verify(&messages, &ragged, &[])
        .refused(&["ragged.csv, line 3", "1 levels, where the rows before have 2"]);
    let empty = folder.write("empty.csv", "");
    verify(&empty, &orderbook, &[]).refused(&["empty.csv holds no messages"]);
    let missing = folder.path("missing.csv");
    verify(&missing, &orderbook, &[]).refused(&["cannot open", "missing.csv", "check the path"]);
}

#[test]
fn a_gzip_that_is_cut_short_or_damaged_is_refused() {
    let folder = Folder::new("gzip");
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(MESSAGES.as_bytes()).expect("memory takes it");
    let packed = packer.finish().expect("memory takes it");
    let (whole, orderbook) = (folder.write("m.csv.gz", &packed), folder.write("o.csv", ROWS));
    assert_eq!(verify(&whole, &orderbook, &[]).status, 0);
    let cut = folder.write("cut.csv.gz", &packed[..packed.len() - 12]);
    verify(&cut, &orderbook, &[]).refused(&["cut.csv.gz is cut short", "line"]);
    let mut damaged = packed.clone();
    damaged[20] ^= 0xff;
    damaged[30] ^= 0xff;
    let damaged = folder.write("damaged.csv.gz", damaged);
    let run = verify(&damaged, &orderbook, &[]);
    run.refused(&["damaged.csv.gz", "line"]);
}

#[test]
fn the_real_hour_keeps_its_acceptance() {
    let hour = "aapl_L50_0930_1030/AAPL_2012-06-21_34200000_37800000_";
    let messages = shared_data(&format!("{hour}message_50.csv.gz"));
    let orderbook = shared_data(&format!("{hour}orderbook_50_first4columns.csv.gz"));
    let seed = shared_data("aapl_L50_672rows/orderbook_50.csv.gz");
    let (Some(messages), Some(orderbook), Some(seed)) = (messages, orderbook, seed) else { return };
    let run = verify(&messages, &orderbook, &["--seed", &seed, "--allow-rows", "90"]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    says(
        &run,
        "executions 4,031 at the head, 24 not at the head (reduced instead), 12 of unknown orders",
    );
    says(&run, "at the head, traded with another order 0");
    says(&run, "rows equal 91,907");
    says(&run, "from level 1 90, first in row 54,607");
}

#[test]
fn the_real_deep_minutes_are_equal_to_49_levels() {
    let messages = shared_data("aapl_L50_672rows/message_50.csv.gz");
    let orderbook = shared_data("aapl_L50_672rows/orderbook_50.csv.gz");
    let (Some(messages), Some(orderbook)) = (messages, orderbook) else { return };
    let run = verify(&messages, &orderbook, &["--allow-rows", "8"]);
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
    says(&run, "equal in every row the best 49 of 50 levels");
    says(
        &run,
        "executions 56 at the head, 0 not at the head (reduced instead), 0 of unknown orders",
    );
    assert_eq!(verify(&messages, &orderbook, &["--levels", "20"]).status, 0);
}
