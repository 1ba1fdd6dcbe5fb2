//! Sessions: whatever the network, the disk and others do, each client gets what is its own, once.

use ringfence_core::wire::{COMMAND_LEN, CommandRecord};
use ringfence_host::gateway::frame::{Head, frame_kind};
use ringfence_host::testing::{NetworkTally, Random, check_gateway_bytes, check_network_of_seed};

#[test]
fn nothing_is_lost_or_told_twice_whatever_the_network_does() {
    let tally =
        (0..seeds()).map(check_network_of_seed).fold(NetworkTally::default(), NetworkTally::and);
    println!("{tally:?}");
    let reached = [
        tally.lives,
        tally.closed,
        tally.stopped,
        tally.welcomes,
        tally.breaks,
        tally.sent_again,
        tally.told,
        tally.missed,
        tally.cancels,
        tally.held,
        tally.too_slow,
        tally.refused,
    ];
    assert!(reached.iter().all(|&times| times > 10), "not everything is reached: {tally:?}");
}

/// Frames of commands that are nearly right, and bytes that are nothing.
#[test]
fn whatever_a_client_sends_it_acts_for_itself_alone() {
    let mut random = Random::new(1);
    for _ in 0..20_000 {
        let mut bytes = vec![random.next() as u8];
        let mut number = 1;
        for _ in 0..random.below(4) {
            let count = random.below(4);
            let len = (count * COMMAND_LEN as u64) as u32;
            let kind = random.one_of(&[frame_kind::COMMANDS, frame_kind::COMMANDS, 1, 3, 4, 9]);
            let ack = u64::from(random.once_in(8));
            bytes.extend(Head { kind, len, number, ack }.to_bytes());
            number += count;
            for _ in 0..count {
                let [op, side, flags, account, ..] = random.next().to_le_bytes();
                let record = CommandRecord {
                    op: op % 15,
                    side: side % 2,
                    flags: u16::from(flags & 0x20) | if side > 200 { 1 << (flags % 16) } else { 0 },
                    account: u32::from(account % 3),
                    instrument: 1,
                    id: random.below(9),
                    qty: random.below(3),
                    price: if flags & 0x20 == 0 { 0 } else { 100 },
                    ..CommandRecord::default()
                };
                bytes.extend(record.to_bytes());
            }
        }
        check_gateway_bytes(&bytes);
    }
}

/// How many seeds are tried: SEEDS, or enough for half a minute at most.
fn seeds() -> u64 {
    std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(10_000)
}
