//! Who sits at a seat: a sandbox, or code of the host's own.

use std::fmt;

use ringfence_core::wire::CommandRecord;
use ringfence_core::{InstrumentId, Interest, Time};

use crate::floor::Mail;
use crate::runtime::LogLine;
use crate::sandbox::{Card, Fault, LoadError, Sandbox, Stats};

/// Somebody who is told events and asks for orders.
pub trait Guest: fmt::Debug + Send {
    /// Takes the events of one turn and appends what it asks for to `out`, in its own order ids.
    ///
    /// # Errors
    ///
    /// [`Fault`]: the guest is spent. What it asked for before stays in `out`.
    fn deliver(
        &mut self,
        at: Time,
        mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault>;

    /// Whether it takes its timer as a call of [`ring`](Self::ring), not as an event.
    fn takes_rings(&self) -> bool {
        false
    }

    /// Tells it that its timer rang at `at`.
    ///
    /// # Errors
    ///
    /// As [`deliver`](Self::deliver).
    fn ring(&mut self, at: Time, out: &mut Vec<CommandRecord>) -> Result<(), Fault> {
        _ = (at, out);
        Ok(())
    }

    /// The same one from the beginning, to be put in its place after a fault; `None` where that
    /// cannot be had.
    fn again(&self) -> Option<Result<Box<dyn Guest>, LoadError>> {
        None
    }

    /// Gets ready for [`again`](Self::again), without making anybody wait: it failed, and will be
    /// started again.
    fn prepare_again(&self) {}

    /// Where it was when it failed, innermost call first; empty where nobody knows.
    fn backtrace(&self) -> Vec<String> {
        Vec::new()
    }

    /// What it hands over to a later version of itself, with the version of that state; `None`
    /// where it hands over nothing.
    ///
    /// # Errors
    ///
    /// [`Fault`]: it is spent.
    fn export_state(&mut self) -> Result<Option<State>, Fault> {
        Ok(None)
    }

    /// Takes over what another version handed over; false where it takes over nothing.
    ///
    /// # Errors
    ///
    /// [`Fault`]: it is spent, or does not want this state.
    fn import_state(&mut self, state: &State) -> Result<bool, Fault> {
        _ = state;
        Ok(false)
    }

    /// What says which module it is of, and under which rules that was admitted; `None` where it is of
    /// none.
    fn module(&self) -> Option<[u8; 32]> {
        None
    }

    /// All that it is between two calls, as bytes; `None` where that cannot be had.
    ///
    /// # Errors
    ///
    /// [`Fault`]: it is spent.
    fn image(&mut self) -> Option<Result<Vec<u8>, Fault>> {
        None
    }

    /// Lines of its log that were dropped because it logs more than it may.
    fn log_dropped(&self) -> u64 {
        0
    }

    /// Lets it say its last words, before it is dropped.
    ///
    /// # Errors
    ///
    /// [`Fault`]: it failed while it did.
    fn shutdown(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    /// What it used so far; nothing where nobody counts.
    fn stats(&self) -> Stats {
        Stats::default()
    }

    /// The lines of its log that are kept, oldest first.
    fn log(&self) -> Vec<LogLine> {
        Vec::new()
    }

    /// What it logged last, oldest first.
    fn log_tail(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Whoever sits at a seat that was left.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Guest for Nobody {
    fn deliver(
        &mut self,
        _at: Time,
        _mail: Mail<'_>,
        _out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        Ok(())
    }
}

impl Guest for Sandbox {
    fn deliver(
        &mut self,
        at: Time,
        mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        self.deliver_mail(at, mail, out)
    }

    fn takes_rings(&self) -> bool {
        self.exports_timer()
    }

    fn ring(&mut self, at: Time, out: &mut Vec<CommandRecord>) -> Result<(), Fault> {
        self.call_timer(at, out)
    }

    fn again(&self) -> Option<Result<Box<dyn Guest>, LoadError>> {
        Some(Self::again(self).map(|sandbox| -> Box<dyn Guest> { Box::new(sandbox) }))
    }

    fn prepare_again(&self) {
        self.program().keep_ready_soon(1);
    }

    fn backtrace(&self) -> Vec<String> {
        Self::backtrace(self)
    }

    fn export_state(&mut self) -> Result<Option<State>, Fault> {
        let version = self.state_version();
        Ok(Self::export_state(self)?.map(|bytes| State { version, bytes }))
    }

    fn import_state(&mut self, state: &State) -> Result<bool, Fault> {
        Self::import_state(self, &state.bytes, state.version)
    }

    fn module(&self) -> Option<[u8; 32]> {
        Some(self.program().identity_bytes())
    }

    fn image(&mut self) -> Option<Result<Vec<u8>, Fault>> {
        Some(Self::image(self))
    }

    fn log_dropped(&self) -> u64 {
        Self::log_dropped(self)
    }

    fn shutdown(&mut self) -> Result<(), Fault> {
        Self::shutdown(self)
    }

    fn stats(&self) -> Stats {
        Self::stats(self)
    }

    fn log(&self) -> Vec<LogLine> {
        self.log_lines()
    }

    fn log_tail(&self) -> Vec<String> {
        let lines = self.log_lines();
        let tail = &lines[lines.len().saturating_sub(LOG_TAIL)..];
        tail.iter().map(|line| line.text.to_string()).collect()
    }
}

/// What one version of a strategy hands over to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Version of the state: it says how the bytes are to be read.
    pub version: u32,
    /// The state itself.
    pub bytes: Vec<u8>,
}

/// Lines of a log that a report repeats.
const LOG_TAIL: usize = 5;

/// What a guest wants to be told besides its own private events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Public events.
    pub interest: Interest,
    /// Of these instruments; of all where none is named.
    pub instruments: Vec<InstrumentId>,
    /// How often its timer rings, by the time of commands; 0: never.
    pub timer_ns: u64,
}

impl Subscription {
    /// What a module's manifest asks for; everything where it has none.
    #[must_use]
    pub fn of(sandbox: &Sandbox) -> Self {
        sandbox.manifest().map_or(Self::EVERYTHING, Self::parse)
    }

    /// Reads `subscriptions` and `timer_ns` of a manifest in JSON.
    fn parse(manifest: &str) -> Self {
        let card = Card::read(manifest.as_bytes()).unwrap_or_default();
        Self {
            interest: card.interest().unwrap_or(Interest::ALL),
            instruments: Vec::new(),
            timer_ns: card.timer_ns.unwrap_or(0),
        }
    }

    /// Every public event, no timer.
    pub const EVERYTHING: Self = Self::public(Interest::ALL);

    /// Nothing but private events.
    pub const NOTHING: Self = Self::public(Interest::NONE);

    /// These public events of all instruments, no timer.
    #[must_use]
    pub const fn public(interest: Interest) -> Self {
        Self { interest, instruments: Vec::new(), timer_ns: 0 }
    }
}
