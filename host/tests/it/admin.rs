//! Strategies of a venue that runs, through its admin door and the command line.

mod market;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use ringfence_core::{Side, TimeInForce};
use serde_json::Value;

use crate::command::ringfence;
use crate::guests::Guest;
use crate::venue::ask;
use crate::venue_strategies::{answers_offers, bid};
use market::{Market, move_market, open, open_market, order, quoter};

#[test]
fn last_words_that_fail_are_told_to_whoever_sent_the_strategy_away() {
    let market = Market::new("admin-last-words");
    let venue = market.start("");
    let more = r#"(func (export "rf_shutdown") (unreachable))"#.to_owned();
    let file = market.folder.write("ends-badly.wasm", Guest { more, ..Guest::default() }.wasm());
    market.done(&["load", &file]);
    let told = "failed in its last words, `rf_shutdown`: it trapped";
    let out = market.done(&["replace", "0", &file]);
    assert!(out.lines().nth(1).is_some_and(|line| line.contains(told)), "{out}");
    let seat = market.seat(0);
    assert_eq!((&seat["state"], &seat["faults"]["trap"]), (&"running".into(), &1.into()));
    let last = seat["last_fault"]["what"].as_str().unwrap();
    assert!(last.starts_with(told), "{last}");
    let out = market.done(&["unload", "0"]);
    assert!(out.starts_with("unloaded seat 0\n") && out.contains(told), "{out}");
    assert_eq!(market.seat(0)["faults"]["trap"], 2);
    let said = venue.end();
    assert!(!said.contains("strategy 1 ends-badly failed"), "it was told already: {said}");
}

#[test]
fn strategies_come_trade_and_go_while_the_venue_runs() {
    let market = Market::new("admin-life");
    let venue = market.start("");
    assert_eq!(fs::metadata(&market.socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(market.done(&["list"]).lines().count(), 1, "nobody but the heads");
    let mut client = venue.client(1);
    open_market(&mut client);

    let file = format!("{},instrument=1,tick=1", quoter());
    let out = market.done(&["load", &file, "--parameter", "size=5", "--parameter", "spread=2"]);
    assert!(out.contains("at seat 0, account 1000001"), "{out}");
    move_market(&mut client, 10);
    let seat = market.wait(0, |seat| open(seat) == 2);
    assert_eq!(seat["state"], "running");
    assert_eq!(seat["parameters"][3], "tick=1");
    // Whoever trades at the market's best price meets it.
    ask(&mut client, &order(90, Side::Sell, 90, 60));
    market.wait(0, |seat| seat["events"].as_u64() > Some(4));

    // A second one of this name is not what was meant.
    market.strategy(&["load", &file]).refused(&["already", "seat 0", "another name"]);
    let runtime = if cfg!(feature = "wasmedge") { "wasmedge" } else { "wasmtime" };
    let out = market.done(&["load", &file, "--name", "second", "--runtime", runtime]);
    assert!(out.contains("at seat 1"), "{out}");
    let out = market.done(&["replace", "strategy-quoter", &quoter(), "--parameter", "size=7"]);
    assert!(out.contains("took over") && out.contains("bytes of state"), "{out}");
    let seat = market.seat(0);
    assert_eq!(seat["parameters"][1], "size=7");
    assert_eq!(seat["parameters"][3], "tick=1", "what is not said stays");
    market.done(&["replace", "0", "--parameter", "size=6"]);
    assert_eq!(market.seat(0)["parameters"][1], "size=6", "the same module");

    move_market(&mut client, 30);
    market.wait(1, |seat| open(seat) == 2);
    assert_eq!(market.done(&["unload", "second", "--keep-orders"]), "unloaded seat 1\n");
    let seat = market.seat(1);
    assert_eq!((&seat["state"], open(&seat)), (&Value::from("unloaded"), 2));
    market.done(&["unload", "0"]);
    let seat = market.wait(0, |seat| open(seat) == 0);
    assert_eq!(seat["state"], "unloaded");
    market.strategy(&["unload", "0"]).refused(&["was unloaded"]);

    let said = venue.end();
    assert!(said.contains("ended in order"), "{said}");
    assert!(!fs::exists(&market.socket).unwrap(), "the door is closed");
    // What is journalled are commands: a replay comes to the same state, and runs nobody.
    let verified = ringfence(&["journal", "verify", &market.folder.path("journal")]);
    assert_eq!(verified.status, 0, "{}", verified.err);
    let dumped = ringfence(&["journal", "dump", &market.folder.path("journal")]);
    let cancels = dumped.out.lines().filter(|line| line.contains("mass_cancel"));
    assert_eq!(cancels.filter(|line| line.contains("1000001")).count(), 1, "{}", dumped.out);
}

#[test]
fn who_was_killed_goes_on_from_its_image() {
    let market = Market::new("admin-killed");
    let strategies = |more: &str| {
        format!(
            "[[strategies]]\nfile = {:?}\n\
             parameters = {{ instrument = 1, size = 5, spread = 2, tick = 1{more} }}\n",
            quoter()
        )
    };
    let venue = market.start(&strategies(""));
    let mut client = venue.client(1);
    open_market(&mut client);
    market.wait(0, |seat| open(seat) == 2);
    let out = market.done(&["snapshot"]);
    assert!(out.contains("kept") && out.contains("of seat 0"), "{out}");
    move_market(&mut client, 10);
    let before = market.wait(0, |seat| seat["events"].as_u64() > Some(5));
    venue.kill();

    let venue = market.start(&strategies(""));
    client.move_to(venue.address);
    assert!(venue.began.contains("goes on"), "{}", venue.began);
    let after = market.seat(0);
    assert_eq!(after["account"], before["account"]);
    assert!(after["events"].as_u64() >= before["events"].as_u64(), "{after} after {before}");
    assert_eq!(open(&after), 2, "its orders are still its own");
    move_market(&mut client, 20);
    market.wait(0, |seat| seat["events"].as_u64() > after["events"].as_u64());
    let said = venue.end();
    assert!(said.contains("ended in order"), "{said}");

    // Other parameters are another strategy.
    let venue = market.start(&strategies(", skew = 1"));
    assert!(venue.began.contains("begins afresh") && venue.began.contains("parameters"));
    venue.end();
    // And where it is not there any more, its seat is nobody's.
    let venue = market.start("");
    assert!(venue.began.contains("is not there any more"), "{}", venue.began);
    let out = market.done(&["load", &format!("{},instrument=1", quoter())]);
    assert!(out.contains("at seat 1"), "{out}");
    venue.end();
    // Who knew nothing of the orders of before had them cancelled.
    let dumped = ringfence(&["journal", "dump", &market.folder.path("journal")]);
    let cancels = dumped.out.lines().filter(|line| line.contains("mass_cancel"));
    assert!(cancels.filter(|line| line.contains("1000001")).count() > 0, "{}", dumped.out);
}

#[test]
fn a_strategy_goes_back_to_an_image_of_its_own() {
    let market = Market::new("admin-restore");
    let venue = market.start("");
    let mut client = venue.client(1);
    open_market(&mut client);
    let file = format!("{},instrument=1,tick=1,size=5,spread=2", quoter());
    market.done(&["load", &file, "--name", "q"]);
    move_market(&mut client, 10);
    market.wait(0, |seat| open(seat) == 2);
    let image = market.folder.path("q.seat");
    market.done(&["snapshot", "q", "--to", &image]);
    move_market(&mut client, 20);
    let out = market.done(&["restore", "q", "--image", &image]);
    assert!(out.contains("goes on as it was after place"), "{out}");
    market.wait(0, |seat| seat["state"] == "running");

    let mut bytes = fs::read(&image).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let damaged = market.folder.write("damaged.seat", bytes);
    market.strategy(&["restore", "q", "--image", &damaged]).refused(&["is damaged", &damaged]);
    let other = market.folder.write("other.wasm", Guest::default().wasm());
    market.done(&["load", &other, "--name", "other"]);
    market
        .strategy(&["restore", "other", "--image", &image])
        .refused(&["of the strategy 0", "as the strategy 1"]);
    market.done(&["replace", "q", &other]);
    let turned_down = market.strategy(&["restore", "q", "--image", &image]);
    assert_eq!(turned_down.status, 1, "{}", turned_down.err);
    assert!(turned_down.err.contains("another module"), "{}", turned_down.err);
    venue.end();
}

#[test]
fn what_cannot_be_done_is_said_and_changes_nothing() {
    let market = Market::new("admin-wrong");
    market.strategy(&["list"]).refused(&["no venue answers", "[admin]"]);
    let venue = market.start("");
    market.strategy(&["unload", "nobody"]).refused(&["no strategy \"nobody\"", "list"]);
    market.strategy(&["unload", "3"]).refused(&["no strategy 3"]);
    let missing = market.folder.path("missing.wasm");
    market.strategy(&["load", &missing]).refused(&["cannot open", &missing]);
    market.strategy(&["load", "--name", "unheard"]).refused(&["no strategy \"unheard\""]);
    let seven = market.folder.write("7.wasm", Guest::default().wasm());
    market.strategy(&["load", &seven]).refused(&["the seat 7", "give it a name"]);
    let text = market.folder.write("text.wasm", "this is text");
    let turned_down = market.strategy(&["load", &text]);
    assert_eq!(turned_down.status, 1, "{}", turned_down.err);
    assert!(turned_down.err.contains("is not a Wasm module"), "{}", turned_down.err);
    market.strategy(&["load", &quoter(), "--parameter", "size"]).refused(&["KEY=VALUE"]);
    assert_eq!(market.done(&["list"]).lines().count(), 1, "nobody came of it");
    venue.end();
}

/// An image of other parameters decides otherwise, and one of somebody who had failed has no memory.
#[test]
fn what_an_image_is_of_is_looked_at_before_it_runs() {
    let market = Market::new("admin-other");
    let venue = market.start("");
    let mut client = venue.client(1);
    open_market(&mut client);
    let file = format!("{},instrument=1,tick=1,size=5,spread=2", quoter());
    market.done(&["load", &file, "--name", "q"]);
    let image = market.folder.path("q.seat");
    market.done(&["snapshot", "q", "--to", &image]);
    let moved = market.folder.write("moved.wasm", fs::read(quoter()).unwrap());
    let out = market.done(&["replace", "q", &moved, "--parameter", "size=7"]);
    assert!(out.contains("replaced \"1 q\""), "its name is its own: {out}");
    let turned_down = market.strategy(&["restore", "q", "--image", &image]);
    assert_eq!(turned_down.status, 1, "{}", turned_down.err);
    assert!(turned_down.err.contains("of other parameters"), "{}", turned_down.err);
    market.done(&["replace", "q", "--parameter", "size=5"]);
    market.done(&["restore", "q", "--image", &image]);

    let fails = answers_offers(bid(101, TimeInForce::Ioc), 1);
    let fails = market.folder.write("fails.wasm", fails);
    market.done(&["load", &fails]);
    ask(&mut client, &order(50, Side::Sell, 101, 1));
    market.wait(1, |seat| seat["state"] == "stopped");
    let image = market.folder.path("stopped.seat");
    market.done(&["snapshot", "fails", "--to", &image]);
    let turned_down = market.strategy(&["restore", "fails", "--image", &image]);
    assert_eq!(turned_down.status, 1, "{}", turned_down.err);
    assert!(turned_down.err.contains("it was stopped, and has no memory"), "{}", turned_down.err);
    assert_eq!(market.seat(1)["state"], "stopped");
    market.strategy(&["restore", "q", "--image", "/tmp"]).refused(&["/tmp is no file"]);
    venue.end();
}

/// What the venue's file says now is what counts, of the right entry; where it cannot be read, nothing is.
#[test]
fn a_new_version_is_what_the_venues_file_says_of_that_seat() {
    let market = Market::new("admin-entries");
    let entry = |size: u32| {
        let parameters = format!("parameters = {{ instrument = 1, size = {size} }}");
        format!("[[strategies]]\nfile = {:?}\n{parameters}\n", quoter())
    };
    let venue = market.start(&(entry(5) + &entry(6)));
    let config = market.folder.path("venue.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("size = 6", "size = 9")).unwrap();
    market.done(&["replace", "1"]);
    assert_eq!(market.seat(1)["parameters"][1], "size=9");
    assert_eq!(market.seat(0)["parameters"][1], "size=5");
    // Which of them a third one of the name would be is anybody's guess.
    let more = market.folder.write("strategy-quoter.wasm", fs::read(quoter()).unwrap());
    market.strategy(&["load", "--name", "strategy-quoter"]).refused(&["several strategies"]);
    market.strategy(&["load", &more]).refused(&["already"]);

    // What it would hear of is looked at as at a start.
    fs::write(&config, text.replace("parameters = ", "instruments = [7]\nparameters = ")).unwrap();
    let turned_down = market.strategy(&["replace", "1"]);
    assert_eq!(turned_down.status, 1, "{}", turned_down.err);
    assert!(
        turned_down.err.contains("[7], which this venue does not trade"),
        "{}",
        turned_down.err
    );
    assert_eq!(market.seat(1)["parameters"][1], "size=9", "nothing has changed");

    fs::write(&config, text.clone() + "nonsense").unwrap();
    market.strategy(&["replace", "1", "--parameter", "size=8"]).refused(&["venue.toml, line"]);
    assert_eq!(market.seat(1)["parameters"][1], "size=9", "nothing has changed");
    fs::write(&config, text.split("[[strategies]]").next().unwrap()).unwrap();
    market.done(&["replace", "1", "--parameter", "size=8"]);
    assert_eq!(market.seat(1)["parameters"][1], "size=8", "it is not there: the same module");
    venue.end();
}

/// Where the disk does not take what was done, it is done all the same, and that is said.
#[test]
fn what_was_done_and_is_not_on_the_disk_is_said() {
    let market = Market::new("admin-unkept");
    let venue = market.start("");
    let file = format!("{},instrument=1", quoter());
    let out = market.done(&["load", &file, "--name", "q"]);
    assert!(!out.contains("may not know"), "{out}");
    fs::remove_dir_all(market.folder.path("journal/strategies")).unwrap();
    for args in [&["load", &file, "--name", "r"][..], &["replace", "q"], &["unload", "q"]] {
        let out = market.done(args);
        assert!(out.contains("next start may not know of it: cannot write"), "{args:?}: {out}");
    }
    assert_eq!(market.seat(0)["state"], "unloaded");
    market.strategy(&["snapshot", "r"]).refused(&["cannot write"]);
    venue.end();
}

/// Who goes on hears of all that is sequenced from its image on, a new instrument too; who begins
/// afresh takes the seat before it, and is told nothing of that.
#[test]
fn who_goes_on_hears_of_an_instrument_that_is_new() {
    let market = Market::new("admin-instrument");
    let listener = market.folder.write("listener.wasm", Guest::default().wasm());
    let listens = format!("[[strategies]]\nfile = {listener:?}\n");
    let strategies = |size: u32| format!("{listens}parameters = {{ size = {size} }}\n{listens}");
    let venue = market.start(&strategies(1));
    open_market(&mut venue.client(1));
    let before = market.wait(1, |seat| seat["events"].as_u64() > Some(1));
    venue.end();
    define(&market, 2);
    let venue = market.start(&strategies(1));
    assert_eq!(venue.began.matches("goes on from its image").count(), 2, "{}", venue.began);
    let heard = market.seat(1);
    assert!(heard["events"].as_u64() > before["events"].as_u64(), "{heard}");
    venue.kill();
    define(&market, 3);
    let venue = market.start(&strategies(2));
    for wanted in ["goes on from its image", "begins afresh", "2 listener has account 1000002"] {
        assert_eq!(venue.began.matches(wanted).count(), 1, "{wanted}: {}", venue.began);
    }
    let (first, second) = (market.seat(0), market.seat(1));
    assert_eq!(first["parameters"][0], "size=2");
    assert_eq!(first["events"], 0, "{first}");
    assert!(second["events"].as_u64() > heard["events"].as_u64(), "{second}");
    venue.end();
}

/// Says that there are instruments of these numbers, from 1.
fn define(market: &Market, last: u32) {
    let lines = (1..=last).map(|number| {
        format!("{{\"op\":\"instrument\",\"instrument\":{number},\"symbol\":\"A{number}\"}}\n")
    });
    market.folder.write("instruments.jsonl", lines.collect::<String>());
}
