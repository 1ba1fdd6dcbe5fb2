//! Events that are not read yet: what one turn makes is held, and whoever does not read is ended.

use ringfence_core::wire::{EVENT_LEN, kind};
use ringfence_core::{Command, InstrumentId, Scope, Side};

use super::super::history::History;
use super::{Caller, Goodbye, Hall, MS, kinds, order, record};

impl Hall {
    /// Takes what the caller has to say, and gives it nothing to read.
    fn hear(&mut self, caller: &mut Caller) {
        let said = caller.session.output().to_vec();
        caller.session.wrote(said.len());
        let taken = self.gateway.receive(caller.line, &said, self.now, &mut self.requests);
        assert_eq!(taken, said.len());
        self.turn();
    }

    /// So many orders of the caller, and one command that cancels them all.
    fn rest_and_cancel(&mut self, caller: &mut Caller, orders: u64) {
        for id in 1..=orders {
            caller.session.send(&order(id, Side::Buy, 100));
            if id % 16 == 0 {
                self.talk(caller).unwrap();
            }
        }
        self.talk(caller).unwrap();
        caller.session.send(&record(&Command::MassCancel(Scope::default())));
        self.hear(caller);
    }

    fn live(&self) -> u32 {
        self.host.engine().book(InstrumentId(1)).unwrap().live()
    }

    fn too_slow(&self) -> u64 {
        self.gateway.counts().goodbyes[Goodbye::TooSlow as usize - 1]
    }
}

/// More than one buffer holds.
const ORDERS: u64 = 2_000;

#[test]
fn what_one_turn_makes_is_held_for_who_reads() {
    let mut hall = Hall::new("resend_events = 16\nbuffer_kib = 64");
    let mut one = hall.log_in(1);
    hall.rest_and_cancel(&mut one, ORDERS);
    // It reads a part, and more comes, in other turns, before it reads the rest.
    let part = hall.gateway.output(one.line, hall.now)[..640].to_vec();
    hall.gateway.wrote(one.line, part.len());
    one.session.space()[..part.len()].copy_from_slice(&part);
    let heard = &mut one.heard;
    one.session.received(part.len(), &mut |n, event| heard.push((n, *event))).unwrap();
    for id in 1..=5 {
        hall.now += MS;
        one.session.send(&order(ORDERS + id, Side::Buy, 100));
        hall.hear(&mut one);
    }
    hall.listen(&mut one).unwrap();
    assert!(one.session.is_done());
    assert!(one.heard.iter().map(|(n, _)| *n).eq(1..=2 * ORDERS + 5));
    let count = |wanted: u8| kinds(&one).iter().filter(|&&kind| kind == wanted).count() as u64;
    assert_eq!((count(kind::ACCEPTED), count(kind::CANCELED)), (ORDERS + 5, ORDERS));
    assert_eq!((one.session.missed(), hall.too_slow()), (0, 0));
}

#[test]
fn who_is_swept_keeps_its_session_and_its_other_orders() {
    let mut hall = Hall::new("resend_events = 16\nslow_consumer = \"disconnect_and_cancel\"");
    let (mut one, mut two) = (hall.log_in(1), hall.log_in(2));
    for id in 1..=100 {
        let price = if id % 2 == 0 { 100 } else { 99 };
        one.session.send(&order(id, Side::Buy, price));
        hall.talk(&mut one).unwrap();
    }
    // Each of them is for 5.
    for id in 1..=50 {
        two.session.send(&order(id, Side::Sell, 100));
    }
    hall.hear(&mut two);
    (0..3).for_each(|_| hall.turn());
    for caller in [&mut one, &mut two] {
        hall.listen(caller).unwrap();
        assert_eq!(caller.session.missed(), 0);
    }
    let fills = kinds(&one).iter().filter(|&&kind| kind == kind::FILLED).count();
    assert_eq!((fills, hall.live(), hall.too_slow()), (50, 50, 0));
}

#[test]
fn who_does_not_read_is_ended_and_learns_what_it_missed() {
    let mut hall = Hall::new("resend_events = 16\nslow_consumer = \"disconnect_and_cancel\"");
    let mut one = hall.log_in(1);
    for id in 1..=17 {
        one.session.send(&order(id, Side::Buy, 100));
    }
    // Commands are taken without a look at the answers. It is as far behind as may be, and a turn
    // took it there.
    hall.hear(&mut one);
    for id in 18..=33 {
        one.session.send(&order(id, Side::Buy, 100));
        hall.hear(&mut one);
    }
    hall.turn();
    assert!(!hall.gateway.is_closing(one.line));
    one.session.send(&order(34, Side::Buy, 100));
    hall.hear(&mut one);
    assert_eq!(hall.live(), 34);
    hall.turn();
    assert!(hall.gateway.is_closing(one.line));
    assert_eq!(hall.too_slow(), 1);
    hall.turn();
    assert_eq!(hall.live(), 0, "its orders are cancelled");
    hall.gateway.hang_up(one.line, hall.now);
    // When it comes back late, there is what is kept for everybody.
    (0..2).for_each(|_| {
        hall.now += 5_000 * MS;
        hall.turn();
    });
    hall.come_again(&mut one);
    assert_eq!(one.heard.len(), 16);
    assert_eq!((one.session.missed(), one.session.next_event()), (52, 69));
}

#[test]
fn who_is_behind_and_takes_nothing_for_long_is_ended() {
    let mut hall =
        Hall::new("resend_events = 16\nbuffer_kib = 64\nheartbeat_ms = 100\ntimeout_ms = 300");
    let mut one = hall.log_in(1);
    hall.rest_and_cancel(&mut one, ORDERS);
    let pass = |hall: &mut Hall, one: &mut Caller, reads: usize| {
        hall.now += 50 * MS;
        one.session.say_hello();
        hall.hear(one);
        let there = hall.gateway.output(one.line, hall.now).len();
        hall.gateway.wrote(one.line, there.min(reads));
    };
    (0..15).for_each(|_| pass(&mut hall, &mut one, 4_096));
    assert!(!hall.gateway.is_closing(one.line), "it reads, though slowly");
    (0..5).for_each(|_| pass(&mut hall, &mut one, 0));
    assert!(!hall.gateway.is_closing(one.line), "it has time");
    hall.now += 200 * MS;
    hall.turn();
    assert!(hall.gateway.is_closing(one.line));
    assert_eq!(hall.too_slow(), 1);
    // Who is no further behind than events are kept has all the time there is.
    let mut two = hall.log_in(2);
    (1..=10).for_each(|id| _ = two.session.send(&order(id, Side::Buy, 100)));
    for _ in 0..20 {
        hall.now += 50 * MS;
        two.session.say_hello();
        hall.hear(&mut two);
    }
    assert!(!hall.gateway.is_closing(two.line));
}

#[test]
fn what_was_held_is_given_back_and_no_snapshot_has_it() {
    let mut hall = Hall::new("resend_events = 16\nbuffer_kib = 64");
    let mut one = hall.log_in(1);
    hall.rest_and_cancel(&mut one, ORDERS);
    let [kept, again] = hall.notes();
    assert_eq!(kept, again, "a crash would leave something else");
    assert!(kept.len() < 32 * 64, "{} bytes", kept.len());
    // A break in the middle of it: it comes back for the rest.
    let part = hall.gateway.output(one.line, hall.now).len();
    hall.gateway.wrote(one.line, part);
    hall.gateway.hang_up(one.line, hall.now);
    hall.come_again(&mut one);
    assert_eq!((one.session.missed(), one.session.next_event()), (0, 2 * ORDERS + 1));
    assert_eq!(hall.gateway.wide.len(), 1);
    // A while later there is no more than what is kept.
    for _ in 0..2 {
        hall.now += 2_600 * MS;
        one.session.say_hello();
        hall.talk(&mut one).unwrap();
        assert_eq!(hall.gateway.wide.len(), 1);
    }
    hall.now += 2_600 * MS;
    hall.turn();
    assert!(hall.gateway.wide.is_empty());
    let history = &hall.gateway.members[0].history;
    assert_eq!(history.oldest(), 2 * ORDERS + 1 - 16);
    assert_eq!(hall.notes()[0], kept);
}

#[test]
fn a_history_has_what_it_says_however_it_grew_and_shrank() {
    // How many events come before some are held, and then how many of these.
    for (forgotten, held) in [(0, 100), (1, 17), (15, 16), (16, 40), (23, 90), (100, 300), (7, 3)] {
        let mut history = History::new(16);
        let record = |number: u64| [u8::try_from(number % 251).unwrap(); EVENT_LEN];
        let check = |history: &History| {
            for number in history.oldest()..history.next() {
                assert_eq!(history.run(number, 1), [record(number)], "{forgotten}, {held}");
            }
            assert!(history.next() - history.oldest_kept() <= 16);
        };
        for number in 1..=forgotten {
            history.push(record(number), u64::MAX);
        }
        check(&history);
        for number in forgotten + 1..=forgotten + held {
            history.push(record(number), forgotten + 1);
            check(&history);
            assert!(history.oldest() <= forgotten + 1, "it is held");
        }
        let kept = history.oldest_kept();
        history.narrow();
        check(&history);
        assert_eq!((history.oldest(), history.is_wide()), (kept, false));
        for number in history.next()..history.next() + 20 {
            history.push(record(number), u64::MAX);
            check(&history);
        }
        assert!(!history.is_wide());
    }
}
