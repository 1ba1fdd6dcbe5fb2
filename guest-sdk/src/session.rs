//! A strategy at work: decodes its events, keeps its books and hands it each event.
//!
//! The same on Wasm and in native tests; only where the bytes come from differs.

use ringfence_core::wire::{COMMAND_LEN, EVENT_LEN, EventRecord, kind};
use ringfence_core::{AccountId, Time};

use crate::blotter::Blotter;
use crate::context::Context;
use crate::params::{ParamError, Params};
use crate::state::{StateError, StateReader, StateWriter};
use crate::strategy::Strategy;
#[cfg(feature = "testing")]
use crate::{blotter::OwnOrder, position::Position};
#[cfg(feature = "testing")]
use ringfence_core::InstrumentId;

/// A strategy at work.
#[derive(Debug)]
pub struct Session<S> {
    strategy: S,
    blotter: Blotter,
    started: bool,
    time: Time,
}

impl<S: Strategy> Session<S> {
    /// Makes the strategy from the text of its parameters.
    ///
    /// # Errors
    ///
    /// [`ParamError`] where a parameter is wrong.
    pub fn open(params: &str) -> Result<Self, ParamError> {
        let strategy = S::new(&Params::parse(params, S::PARAMS)?)?;
        Ok(Self { strategy, blotter: Blotter::new(), started: false, time: Time(0) })
    }

    /// Handles a batch of events and returns how many commands it wrote.
    ///
    /// Records of a kind that this version does not know are passed over.
    pub fn on_events(
        &mut self,
        events: &[[u8; EVENT_LEN]],
        commands: &mut [[u8; COMMAND_LEN]],
    ) -> usize {
        let Some(first) = events.first() else {
            return 0;
        };
        let time = Time(EventRecord::from_bytes(first).at_ns);
        let mut context = Context::new(&mut self.blotter, commands, time);
        if !self.started {
            self.started = true;
            self.strategy.on_start(&mut context);
        }
        for bytes in events {
            let record = EventRecord::from_bytes(bytes);
            context.set_time(Time(record.at_ns));
            if record.kind == kind::TIMER {
                self.strategy.on_timer(&mut context);
            } else if let Some(event) = record.to_event(AccountId(0)) {
                context.blotter().settle(&event);
                self.strategy.on_event(&event, &mut context);
            }
        }
        self.strategy.on_batch_end(&mut context);
        self.time = context.time();
        context.count()
    }

    /// Writes what the next version has to know, and returns how many bytes that are.
    ///
    /// # Errors
    ///
    /// [`StateError::NoRoom`].
    pub fn export(&self, to: &mut [u8]) -> Result<usize, StateError> {
        let mut out = StateWriter::new(to);
        self.blotter.export(&mut out);
        self.strategy.on_export(&mut out);
        out.finish()
    }

    /// Takes over what an earlier version wrote.
    ///
    /// # Errors
    ///
    /// [`StateError`]: this session is of no use.
    pub fn import(&mut self, from: &[u8], version: u32) -> Result<(), StateError> {
        let mut state = StateReader::new(from);
        self.blotter.import(&mut state)?;
        self.strategy.on_import(&mut state, version)
    }

    /// Lets the strategy write its last words.
    pub fn stop(&mut self) {
        self.strategy.on_stop(&mut Context::new(&mut self.blotter, &mut [], self.time));
    }

    /// What the strategy believes to have open.
    #[cfg(feature = "testing")]
    pub(crate) fn orders(&self) -> &[OwnOrder] {
        self.blotter.orders()
    }

    /// What the strategy believes to hold of an instrument.
    #[cfg(feature = "testing")]
    pub(crate) fn position(&self, instrument: InstrumentId) -> Position {
        self.blotter.position(instrument)
    }

    /// The strategy itself, for a test to look into.
    pub const fn strategy(&self) -> &S {
        &self.strategy
    }
}

#[cfg(test)]
mod tests;
