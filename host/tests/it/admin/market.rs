//! A venue with an admin door and a market at it, and what an operator and its clients do there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use ringfence_core::wire::CommandRecord;
use ringfence_core::{Command, InstrumentId, NewOrder, OrderId, Price, Qty, Side};
use ringfence_host::client::Client;
use serde_json::Value;

use crate::command::{Folder, Run, ringfence};
use crate::guests::guest_file;
use crate::venue::{PATIENCE, Venue, ask};

/// A venue with an admin door, in a folder that is its owner's alone.
pub(super) struct Market {
    pub(super) folder: Folder,
    pub(super) socket: String,
}

impl Market {
    pub(super) fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        fs::set_permissions(folder.path(""), fs::Permissions::from_mode(0o700)).unwrap();
        let socket = folder.path("admin.sock");
        Self { folder, socket }
    }

    /// Starts it with these strategies in its file.
    pub(super) fn start(&self, strategies: &str) -> Venue {
        let admin = "[admin]\nsocket = \"admin.sock\"\n".to_owned();
        Venue::start(&self.folder, "every_turn", &(admin + strategies))
    }

    pub(super) fn strategy(&self, args: &[&str]) -> Run {
        ringfence(&[&["strategy", args[0], "--admin", &self.socket], &args[1..]].concat())
    }

    #[track_caller]
    pub(super) fn done(&self, args: &[&str]) -> String {
        let run = self.strategy(args);
        assert_eq!(run.status, 0, "{args:?}: {}", run.err);
        run.out
    }

    /// What is known of the strategy at a seat.
    pub(super) fn seat(&self, number: usize) -> Value {
        let listed: Value = serde_json::from_str(&self.done(&["list", "--json"])).unwrap();
        listed[number].clone()
    }

    /// Waits until something is so of the strategy at a seat.
    #[track_caller]
    pub(super) fn wait(&self, number: usize, is_so: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let seat = self.seat(number);
            if is_so(&seat) {
                return seat;
            }
            assert!(Instant::now() < until, "{seat}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

pub(super) fn quoter() -> String {
    let file = guest_file("strategy-quoter");
    assert!(file.is_file(), "run .ci/build-guests.sh first");
    file.display().to_string()
}

pub(super) fn order(id: u64, side: Side, price: i64, qty: u64) -> CommandRecord {
    let order = NewOrder::limit(OrderId(id), side, Price(price), Qty(qty));
    let order = NewOrder { instrument: InstrumentId(1), ..order };
    CommandRecord::from_command(&Command::New(order)).unwrap()
}

/// A market of 90 to 110.
pub(super) fn open_market(client: &mut Client) {
    ask(client, &order(1, Side::Buy, 90, 50));
    ask(client, &order(2, Side::Sell, 110, 50));
}

/// Moves the market a little, so that somebody who hears of it has something to say.
pub(super) fn move_market(client: &mut Client, id: u64) {
    ask(client, &order(id, Side::Buy, 80, 1));
    ask(client, &order(id + 1, Side::Sell, 110 - id.cast_signed() % 3, 1));
}

pub(super) fn open(seat: &Value) -> u64 {
    seat["orders"]["open"].as_u64().unwrap()
}
