//! A strategy in its ring fence: what goes in, what comes out, and what stops it.

mod admission;
mod allowance;
mod backtrace;
mod cache;
mod calls;
mod config;
mod error;
mod footprint;
mod image;
mod io_block;
mod params;
mod program;
mod programs;
mod reserve;
mod rewrite;
mod start;
mod state;
mod stats;

use std::fmt;
use std::time::Instant;

use ringfence_core::quantity::Time;
use ringfence_core::wire::{COMMAND_LEN, CommandRecord, EVENT_LEN, EventRecord};

pub(crate) use admission::Card;
pub use admission::counted;
pub use admission::{Admitted, Manifest, Refusal, admit, admit_fenced};
pub(crate) use allowance::Allowance;
pub use cache::Cache;
#[cfg(any(feature = "wasmtime", feature = "wasmedge"))]
pub(crate) use cache::make_private;
pub use config::{ANSWER_COMMANDS_MAX, SandboxConfig};
pub use error::{Cause, Fault, LoadError};
pub use image::ImageError;
pub use io_block::{IoBlock, IoError};
pub use program::Program;
pub use programs::Programs;
pub use rewrite::{Fence, FunctionGas, PRICES, REWRITER_VERSION, gas_by_function};
pub use stats::Stats;

use crate::floor::Mail;
use crate::runtime::{
    Better, Call, EngineError, Instance, LogLine, METRICS_MAX, Module, WASM_PAGE_LEN, moved, pages,
};

/// The ABI that this host speaks: major and minor version.
pub const ABI_VERSION: (u16, u16) = (1, 0);

/// One strategy: its guest, its limits, and what it did so far.
pub struct Sandbox {
    instance: Box<dyn Instance>,
    /// Faster code that the strategy moves to once it is there.
    better: Option<Better>,
    io: IoBlock,
    config: SandboxConfig,
    program: Program,
    /// Gas that the present second has left.
    second: Allowance,
    at_ns: u64,
    stats: Stats,
    fault: Option<Fault>,
    /// Where it was when it failed, as its fence left it.
    path: u64,
}

impl Sandbox {
    /// Hands the guest what happened at `at` and appends what it asks for to `out`.
    ///
    /// The guest is called once for every `events_cap` events. Of each call the commands that the
    /// guest submitted come first, then those that it returned, as it wrote them: whose they are
    /// and what their orders are called is for the caller to say.
    ///
    /// # Errors
    ///
    /// [`Fault`]: the sandbox is spent, and gives the same answer from then on. The commands of
    /// the call that failed are dropped; those of earlier calls stay in `out`.
    pub fn deliver(
        &mut self,
        at: Time,
        events: &[EventRecord],
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        let mut rest = events;
        let copy = |inbox: &mut [[u8; EVENT_LEN]]| {
            let (now, later) = rest.split_at(rest.len().min(inbox.len()));
            for (slot, event) in inbox.iter_mut().zip(now) {
                *slot = event.to_bytes();
            }
            rest = later;
            now.len()
        };
        self.deliver_by(at, events.len(), copy, out)
    }

    /// As [`deliver`](Self::deliver), with events that are encoded already: each is copied once,
    /// into the guest's memory, and what one command caused stays together.
    ///
    /// # Errors
    ///
    /// As [`deliver`](Self::deliver).
    pub fn deliver_mail(
        &mut self,
        at: Time,
        mut mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        self.deliver_by(at, mail.len(), |inbox| mail.move_into(inbox), out)
    }

    /// Calls the guest until it was handed `count` events; `copy` puts the next ones into the
    /// guest's inbox, as many as there is room for.
    fn deliver_by(
        &mut self,
        at: Time,
        mut count: usize,
        mut copy: impl FnMut(&mut [[u8; EVENT_LEN]]) -> usize,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        self.check_sound()?;
        self.move_up();
        let begun = self.stats.is_cold().then(Instant::now);
        self.set_time(at);
        let before = out.len();
        while count > 0 {
            let copied = copy(self.inbox());
            if copied == 0 {
                // It has taken too long, and its watchdog says so.
                break;
            }
            self.hand_over(copied, before, out)?;
            count -= copied;
        }
        if let Some(begun) = begun {
            self.stats.warm_up(begun.elapsed());
            self.program.footprint().learn(self.instance.memory());
        }
        Ok(())
    }

    /// Whether the guest takes its timer as a call.
    #[must_use]
    pub fn exports_timer(&self) -> bool {
        self.instance.exports(Call::Timer { at_ns: 0 })
    }

    /// Tells the guest that it is `at`, where it wants to know.
    ///
    /// # Errors
    ///
    /// As [`deliver`](Self::deliver). A guest asks for orders by `submit` here.
    pub fn call_timer(&mut self, at: Time, out: &mut Vec<CommandRecord>) -> Result<(), Fault> {
        self.check_sound()?;
        let call = Call::Timer { at_ns: i64::try_from(at.0).unwrap_or(i64::MAX) };
        if !self.instance.exports(call) {
            return Ok(());
        }
        self.set_time(at);
        self.budgeted_call(call)?;
        self.collect(0, out.len(), out)
    }

    /// Tells the guest that it is about to be dropped, where it wants to know. What it asks for no
    /// longer matters.
    ///
    /// # Errors
    ///
    /// [`Fault`], which nothing follows from: it is to be told.
    pub fn shutdown(&mut self) -> Result<(), Fault> {
        if self.fault.is_none() && self.instance.exports(Call::Shutdown) {
            self.call(Call::Shutdown, self.config.gas_per_call)?;
        }
        Ok(())
    }

    /// The same strategy with a fresh memory, from code that is there already.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn again(&self) -> Result<Self, LoadError> {
        Self::start(&self.program, &self.config)
    }

    /// Moves the strategy, as it is, to other code of the same module: of another engine, say.
    ///
    /// Decisions and gas do not depend on whether and when it moved.
    ///
    /// # Errors
    ///
    /// [`LoadError`] where `program` is of another module or was admitted under other limits, or
    /// has no room; the strategy then goes on where it is.
    pub fn move_to(&mut self, program: &Program) -> Result<(), LoadError> {
        if program.identity() != self.program.identity() {
            return Err(LoadError::OtherModule);
        }
        let better = program.better().cloned();
        self.move_into(program.module())?;
        self.better = better;
        self.program = program.clone();
        Ok(())
    }

    /// Why the sandbox is spent, once it is.
    #[must_use]
    pub const fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Where it was when it failed, the innermost call first; empty where no call was cut off.
    ///
    /// The fence keeps as many calls as fit 64 bits, the same ones on every engine: nine of a module
    /// of 64 to 127 functions. What the compiler inlined is not among them.
    #[must_use]
    pub fn backtrace(&self) -> Vec<String> {
        self.program.names().frames(self.path)
    }

    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let pages = self.instance.memory().len() / WASM_PAGE_LEN;
        Stats { pages: u32::try_from(pages).unwrap_or(u32::MAX), ..self.stats }
    }

    /// Bytes of its memory that it, or its start, touched or was given beforehand: what it costs. All
    /// of it where the system does not say.
    #[must_use]
    pub fn touched_bytes(&self) -> u64 {
        let memory = self.instance.memory();
        pages::resident(memory).unwrap_or(memory.len() as u64)
    }

    /// What the module says about itself: the JSON of its manifest.
    #[must_use]
    pub fn manifest(&self) -> Option<&str> {
        self.program.manifest()
    }

    /// What it was started from.
    pub(crate) const fn program(&self) -> &Program {
        &self.program
    }

    /// Where the guest exchanges records with its host.
    #[must_use]
    pub const fn io(&self) -> IoBlock {
        self.io
    }

    /// What the guest logged last, oldest first.
    #[must_use]
    pub fn log_lines(&self) -> Vec<LogLine> {
        self.instance.imports().log_lines()
    }

    /// Lines that were dropped because the guest logs more than it may.
    #[must_use]
    pub fn log_dropped(&self) -> u64 {
        self.instance.imports().log_dropped()
    }

    /// The last value of each of the guest's metrics.
    #[must_use]
    pub fn metrics(&self) -> &[i64; METRICS_MAX] {
        self.instance.imports().metrics()
    }

    /// Moves to faster code once it is there. Without room for that the strategy stays where it is.
    #[inline]
    fn move_up(&mut self) {
        if self.better.is_some() {
            self.move_up_slowly();
        }
    }

    #[cold]
    fn move_up_slowly(&mut self) {
        if let Some(better) = self.better.take_if(|better| better.get().is_some())
            && let Some(Ok(module)) = better.get()
        {
            _ = self.move_into(&**module);
        }
    }

    fn move_into(&mut self, module: &dyn Module) -> Result<(), EngineError> {
        self.instance = moved(&mut *self.instance, module)?;
        self.stats.moves += 1;
        Ok(())
    }

    /// Where the guest wants its events. The block was checked against the memory, which never
    /// shrinks.
    fn inbox(&mut self) -> &mut [[u8; EVENT_LEN]] {
        let from = self.io.events_off as usize;
        let len = self.io.events_cap as usize * EVENT_LEN;
        let (records, _) = self.instance.memory_mut()[from..from + len].as_chunks_mut();
        records
    }

    /// Lets the guest handle the first `count` events of its inbox. Its answer goes into `out` from
    /// `before` on.
    fn hand_over(
        &mut self,
        count: usize,
        before: usize,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let call = Call::OnEvents { events: self.io.events_off, count };
        let answer = self.timed_call(call)?;
        self.stats.events += u64::from(count);
        match u32::try_from(answer) {
            Ok(written) => self.collect(written, before, out),
            Err(_) => Err(self.spend(Fault::GuestError { code: answer })),
        }
    }

    /// Moves what the guest submitted and the `written` commands it returned to `out`, where its answer
    /// begins at `before`.
    fn collect(
        &mut self,
        written: u32,
        before: usize,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        let submitted = self.instance.imports().submitted().len();
        let asked = submitted as u64 + u64::from(written);
        if written > self.io.commands_cap {
            let cap = self.io.commands_cap;
            return Err(self.spend(Fault::BadCount { returned: written, cap }));
        }
        let limit = self.config.commands_max();
        if asked > u64::from(limit) {
            return Err(self.spend(Fault::TooManyCommands { asked, limit }));
        }
        if asked == 0 {
            return Ok(());
        }
        let (asked_in_all, limit) = ((out.len() - before) as u64 + asked, ANSWER_COMMANDS_MAX);
        if asked_in_all > u64::from(limit) {
            return Err(self.spend(Fault::TooManyCommands { asked: asked_in_all, limit }));
        }
        if submitted > 0 {
            let imports = self.instance.imports_mut();
            out.extend_from_slice(imports.submitted());
            imports.clear_submitted();
        }
        let from = self.io.commands_off as usize;
        let outbox = &self.instance.memory()[from..from + written as usize * COMMAND_LEN];
        let (records, _) = outbox.as_chunks::<COMMAND_LEN>();
        out.extend(records.iter().map(CommandRecord::from_bytes));
        self.stats.submitted += submitted as u64;
        self.stats.commands += asked;
        Ok(())
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("io", &self.io)
            .field("stats", &self.stats)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}
