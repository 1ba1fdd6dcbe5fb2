//! What a strategy costs while it works: a seeded day, in which its orders trade.

use std::io;

use ringfence_core::Capacity;

use super::Args;
use super::sample::median;
use crate::error::RunError;
use crate::host::Host;
use crate::journal::Journal;
use crate::replay::generate::{Recipe, generate};
use crate::replay::input::Lines;
use crate::replay::lobster::{self, Day};
use crate::replay::run::Run;
use crate::runtime::Engine;
use crate::sandbox::{Cache, Program, Sandbox, SandboxConfig, Stats};
use crate::seat::{Seat, Subscription};

/// A day's work on one engine.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) ns_per_call: u64,
    /// With one decimal place.
    pub(super) ns_per_event: String,
    pub(super) stats: Stats,
    /// The hash of the engine's state at the end.
    pub(super) state: u64,
    pub(super) fault: Option<String>,
}

impl Work {
    pub(super) fn measure(
        engine: &dyn Engine,
        wasm: &[u8],
        config: &SandboxConfig,
        args: &Args,
    ) -> Result<Self, RunError> {
        let failed = |problem: String| RunError::Strategy { file: args.strategy.clone(), problem };
        let recipe = Recipe { seed: DAY, count: args.messages };
        let mut text = Vec::new();
        generate(recipe, &mut text, &mut io::sink())
            .map_err(|source| RunError::write("to memory", source))?;
        let program = Program::prepare(engine, &Cache::disabled(), wasm, config)
            .map_err(|error| failed(error.to_string()))?;
        let (mut calls, mut events, mut last) = (Vec::new(), Vec::new(), None);
        for _ in 0..args.runs {
            let sandbox =
                Sandbox::start(&program, config).map_err(|error| failed(error.to_string()))?;
            let run = play(sandbox, text.clone())?;
            let stats = run.host.seats()[0].stats();
            calls.push(stats.ns_per_call().unwrap_or(0));
            events.push(tenths_per_event(&stats));
            last = Some(run);
        }
        let run = last.ok_or_else(|| RunError::Usage("nothing was run".to_owned()))?;
        let tenths = median(events);
        let seat = &run.host.seats()[0];
        Ok(Self {
            ns_per_call: median(calls),
            ns_per_event: format!("{}.{}", tenths / 10, tenths % 10),
            stats: seat.stats(),
            state: run.host.engine().state_hash(),
            fault: seat.fault().map(ToString::to_string),
        })
    }

    pub(super) fn gas_per_event(&self) -> u64 {
        self.stats.gas.checked_div(self.stats.events).unwrap_or(0)
    }

    /// What may not depend on the engine.
    pub(super) fn result(&self) -> (u64, u64, u64, u64) {
        (self.state, self.stats.gas, self.stats.events, self.stats.commands)
    }
}

/// Which day.
const DAY: u64 = 1;

fn play(sandbox: Sandbox, text: Vec<u8>) -> Result<Run, RunError> {
    let subscription = Subscription::of(&sandbox);
    let mut host = Host::new(Capacity::default(), Journal::none());
    host.seat(Seat::new("1".to_owned(), 0, Box::new(sandbox), subscription));
    let mut run = Run::new(host, None, false);
    let day = Day { tick: TICK, ..Day::default() };
    lobster::replay_lines(&day, Lines::of("the seeded day", text), &mut run)?;
    Ok(run)
}

/// A cent, in dollars times 10,000.
const TICK: u64 = 100;

/// Tenths of nanoseconds an event, from the calls that were timed.
fn tenths_per_event(stats: &Stats) -> u64 {
    let all_ns = u128::from(stats.timed_ns) * u128::from(stats.calls) * 10;
    let of = u128::from(stats.timed_calls) * u128::from(stats.events);
    all_ns.checked_div(of).and_then(|tenths| u64::try_from(tenths).ok()).unwrap_or(0)
}
