use ringfence_core::{InstrumentId, Interest};

use super::Routes;
use crate::seat::Subscription;

fn wants(interest: Interest, instruments: &[u32]) -> Subscription {
    let instruments = instruments.iter().copied().map(InstrumentId).collect();
    Subscription { interest, instruments, ..Subscription::NOTHING }
}

fn routes() -> Routes {
    let mut routes = Routes::default();
    routes.add(7, &wants(Interest::L1, &[]));
    routes.add(3, &wants(Interest::L1.and(Interest::L3), &[10, 20]));
    routes.add(5, &wants(Interest::TRADES, &[20]));
    routes.add(1, &wants(Interest::L1, &[]));
    routes
}

#[test]
fn an_event_finds_those_who_asked_for_its_kind_and_instrument() {
    let routes = routes();
    let heard = |instrument, class| routes.listeners(InstrumentId(instrument), class).to_vec();
    assert_eq!(heard(10, Interest::L1), [1, 3, 7], "in the order of seats");
    assert_eq!(heard(10, Interest::L3), [3]);
    assert_eq!(heard(10, Interest::TRADES), [0; 0]);
    assert_eq!(heard(20, Interest::TRADES), [5]);
    assert_eq!(heard(30, Interest::L1), [1, 7], "nobody named it");
    assert_eq!(heard(30, Interest::L2), [0; 0]);
    assert_eq!(heard(10, Interest::PRIVATE), [0; 0], "those are told by account");
}

#[test]
fn nothing_is_wanted_that_nobody_asked_for() {
    let mut routes = routes();
    let of = |routes: &Routes, instrument| routes.interest_in(InstrumentId(instrument));
    assert_eq!(of(&routes, 10), Interest::L1.and(Interest::L3));
    assert_eq!(of(&routes, 20), Interest::L1.and(Interest::L3).and(Interest::TRADES));
    assert_eq!(of(&routes, 30), Interest::L1);
    assert_eq!(routes.interest(), Interest::L1.and(Interest::L3).and(Interest::TRADES));
    routes.remove(3);
    routes.remove(3);
    assert_eq!(of(&routes, 10), Interest::L1);
    assert_eq!(routes.interest(), Interest::L1.and(Interest::TRADES));
    for number in [7, 5, 1] {
        routes.remove(number);
    }
    assert_eq!(routes.interest(), Interest::NONE);
}
