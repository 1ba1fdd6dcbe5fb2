//! What time ends is over, with all that follows from it, before the command that comes then.

use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::{Capacity, Command, Engine, Event, What};

/// Without what is told once, at the end, and the numbers that it takes.
fn settled(events: &[Event]) -> Vec<Event> {
    let at_the_end = |what: &What| matches!(what, What::Indicative { .. } | What::Bbo { .. });
    let rest = events.iter().filter(|event| !at_the_end(&event.what));
    rest.map(|event| Event { seq: 0, ..*event }).collect()
}

/// A command comes to the same whether a `time` command of its moment came just before or not.
#[test]
fn a_command_after_a_while_is_as_one_after_time_has_passed() {
    let (mut expired, mut uncrossed) = (0, 0);
    for seed in 0..200 {
        let (mut one, mut two) = (Engine::new(Capacity::SMALL), Engine::new(Capacity::SMALL));
        for (number, (at, command)) in RandomCommands::new(seed).take(1_000).enumerate() {
            let (mut heard, mut expected): (Vec<Event>, Vec<Event>) = Default::default();
            one.apply(at, &command, &mut heard);
            two.apply(at, &Command::Time, &mut expected);
            let of_time = expected.len();
            two.apply(at, &command, &mut expected);
            assert_eq!(
                settled(&heard),
                settled(&expected),
                "seed {seed}, command {number}: {command:?}"
            );
            let by_time = &expected[..of_time];
            expired += by_time.iter().filter(|it| matches!(it.what, What::Canceled { .. })).count();
            uncrossed +=
                by_time.iter().filter(|it| matches!(it.what, What::Uncrossed { .. })).count();
        }
        assert_eq!(one.orders(), two.orders(), "seed {seed}");
    }
    assert!(expired > 1_000 && uncrossed > 20, "{expired} {uncrossed}: there was something to end");
}
