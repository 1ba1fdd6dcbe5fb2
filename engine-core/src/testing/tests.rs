//! Commands to try an engine with are the same for a seed, are any, and are written as they are read.

mod answers;
mod reach;
mod room;
mod stack;

use alloc::vec::Vec;

use super::Venue;
use super::generate::{RandomCommands, TradingDay, commands_from_bytes};
use super::scenario::{command_line, parse_command};
use crate::{Capacity, Engine, Event, InstrumentId, Price, Side, What};

#[test]
fn the_same_seed_gives_the_same_commands() {
    let commands = |seed| RandomCommands::new(seed).take(500).collect::<Vec<_>>();
    assert_eq!(commands(3), commands(3));
    assert_ne!(commands(3), commands(4));
    let day =
        |seed| TradingDay::new(seed, InstrumentId(1), Price(100)).take(500).collect::<Vec<_>>();
    assert_eq!(day(3), day(3));
    assert_ne!(day(3), day(4));
}

#[test]
fn a_trading_day_trades_and_keeps_a_book() {
    let mut venue = Engine::new(Capacity::default());
    let (mut trades, mut refused) = (0_u32, 0_u32);
    for (at, command) in TradingDay::new(1, InstrumentId(1), Price(10_000)).take(50_000) {
        let mut events: Vec<Event> = Vec::new();
        venue.apply(at, &command, &mut events);
        for event in &events {
            trades += u32::from(matches!(event.what, What::Trade { .. }));
            refused += u32::from(matches!(event.what, What::Rejected { .. }));
        }
    }
    let open: usize =
        Side::BOTH.map(|side| Venue::orders(&venue, InstrumentId(1), side).len()).iter().sum();
    assert!((2_000..20_000).contains(&trades), "{trades} trades");
    assert_eq!(refused, 0, "commands refused");
    assert!((200..4_000).contains(&open), "{open} orders in the book");
    for side in Side::BOTH {
        let levels = venue.levels(InstrumentId(1), side).len();
        assert!((10..500).contains(&levels), "{levels} levels {side:?}");
    }
}

#[test]
fn no_bytes_are_still_commands() {
    assert!(!commands_from_bytes(&[]).is_empty());
    assert!(commands_from_bytes(&[0xA5; 4_000]).len() > 100);
}

#[test]
fn every_command_is_printed_and_read_as_itself() {
    for (at, command) in RandomCommands::new(11).take(20_000) {
        let line = command_line(at, &command);
        let read = parse_command(&line).unwrap_or_else(|bad| panic!("{line}: {bad}"));
        // A command that happens at time 0 and one without a time are written alike.
        assert_eq!(read, (at, command), "{line}");
    }
}

#[test]
fn lines_that_are_no_commands_are_refused() {
    for line in [
        "",
        "[]",
        r#"{"op":"fly"}"#,
        r#"{"instrument":1}"#,
        r#"{"op":"cancel","instrument":1}"#,
        r#"{"op":"cancel","instrument":1,"id":1,"side":"buy"}"#,
        r#"{"op":"cancel","instrument":-1,"id":1}"#,
        r#"{"op":"cancel","instrument":1,"id":1.5}"#,
        r#"{"op":"new","instrument":1,"id":1,"side":"bid","qty":1}"#,
        r#"{"op":"new","instrument":1,"id":1,"side":"buy","qty":"1"}"#,
        r#"{"op":"new","instrument":1,"id":1,"side":"buy","qty":1,"post_only":"maybe"}"#,
        r#"{"op":"replace","instrument":1,"id":1,"qty":1,"open":1}"#,
        r#"{"op":"quote","instrument":1,"id":1,"bid":1}"#,
        r#"{"op":"time","now":1} x"#,
    ] {
        assert!(parse_command(line).is_err(), "taken: {line}");
    }
}
