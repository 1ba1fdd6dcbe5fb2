use ringfence_core::{NewOrder, OrderId, Price, Qty, Side};

use super::*;

fn bid(qty: u64) -> CommandRecord {
    let order = NewOrder::limit(OrderId(1), Side::Buy, Price(100), Qty(qty));
    CommandRecord::from_command(&Command::New(order)).unwrap()
}

/// What a host that is ready for commands answers.
#[track_caller]
fn check(record: &[u8], answer: i32) {
    host(|host| *host = FakeHost { takes_commands: true, ..FakeHost::default() });
    assert_eq!(submit(record), answer);
    assert_eq!(host(|host| host.submitted.len()), usize::from(answer == 0));
}

/// The mistakes of `host/tests/it/hostile/calls.rs`, with the answers that they have there.
#[test]
fn a_mistake_is_answered_as_by_a_host() {
    check(&bid(5).to_bytes(), 0);
    for len in [0, 1, COMMAND_LEN - 1] {
        check(&bid(5).to_bytes()[..len], answers::BAD_LEN);
    }
    check(&[&bid(5).to_bytes()[..], &[0]].concat(), answers::BAD_LEN);
    for (at, wrong) in [(0, 99), (20, 1), (5, 0x40), (2, 200)] {
        let mut bytes = bid(5).to_bytes();
        bytes[at] = wrong;
        check(&bytes, answers::NO_COMMAND);
    }
    check(&bid(0).to_bytes(), answers::NO_COMMAND);
}

#[test]
fn a_call_may_submit_as_many_as_a_hosts_and_the_first_reason_counts() {
    host(|host| *host = FakeHost { takes_commands: true, ..FakeHost::default() });
    for _ in 0..COMMANDS_PER_CALL {
        assert_eq!(submit(&bid(5).to_bytes()), 0);
    }
    assert_eq!(submit(&bid(5).to_bytes()), answers::FULL);
    assert_eq!(submit(&bid(0).to_bytes()), answers::NO_COMMAND);
    assert_eq!(submit(&[]), answers::BAD_LEN);
    host(|host| host.takes_commands = false);
    assert_eq!(submit(&[]), answers::NOT_NOW);
    assert_eq!(host(|host| host.submitted.len()), COMMANDS_PER_CALL);
}
