//! Whatever comes, nobody trades outside the static band, and volatility auctions begin and end.

use std::collections::BTreeMap;

use ringfence_core::testing::generate::RandomCommands;
use ringfence_core::{
    Capacity, Command, Engine, Event, InstrumentId, InstrumentSpec, Phase, Reject, What,
};

/// What is seen over some commands.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    trades: u64,
    refused: u64,
    begun: u64,
    ended: u64,
}

fn watch(seed: u64, count: usize, seen: &mut Seen) {
    let mut engine = Engine::new(Capacity::SMALL);
    let mut specs: BTreeMap<InstrumentId, InstrumentSpec> = BTreeMap::new();
    for (at, command) in RandomCommands::new(seed).take(count) {
        let mut events: Vec<Event> = Vec::new();
        engine.apply(at, &command, &mut events);
        if let Command::Instrument(spec) = &command {
            specs.entry(spec.instrument).or_insert_with(|| (**spec).clone());
        }
        let by_hand = matches!(command, Command::Phase { .. } | Command::Uncross { .. });
        for event in events {
            match event.what {
                What::Trade { price, taker: Some(_), .. } => {
                    let spec = &specs[&event.instrument];
                    if let (Some(middle), Some(width)) = (spec.reference, spec.static_band) {
                        let far = price.0.abs_diff(middle.0);
                        assert!(far <= width, "seed {seed}: {command:?} trades at {price:?}");
                        seen.trades += 1;
                    }
                }
                What::Rejected { reason: Reject::PriceBand, .. } => seen.refused += 1,
                What::Phase { phase: Phase::Auction } if !by_hand => seen.begun += 1,
                What::Phase { phase: Phase::Continuous } if !by_hand => {
                    seen.ended += u64::from(!matches!(command, Command::Instrument(_)));
                }
                _ => {}
            }
        }
    }
}

#[test]
fn nobody_trades_outside() {
    let mut seen = Seen::default();
    for seed in 0..60 {
        watch(seed, 2_000, &mut seen);
    }
    println!("{seen:?}");
    let Seen { trades, refused, begun, ended } = seen;
    assert!(trades > 500 && refused > 500 && begun > 50 && ended > 30, "{seen:?}");
}
