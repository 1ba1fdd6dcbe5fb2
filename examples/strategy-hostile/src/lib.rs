//! A strategy that attacks its host. Its parameter says how; `host/tests/it/attacks.rs` says what
//! becomes of it.
//!
//! What `rustc` cannot be brought to emit (growing tables, a start function, sections with native
//! code, a block that `rf_io` misplaces) is written as text in `host/tests/it/hostile/modules.rs`.
#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "it hands pointers to its host that no safe code has")]
mod guest;

/// A way to misbehave: `attack=NAME` in the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// None: it answers each event with an order, for comparison.
    Calm,
    /// `rf_init` never returns.
    LoopInit,
    /// `rf_on_events` never returns.
    LoopEvent,
    /// `rf_timer` never returns.
    LoopTimer,
    /// It calls the host for ever.
    LoopHost,
    /// It takes all the memory that it can have, and touches every page.
    Memory,
    /// It calls itself without end.
    Recursion,
    /// As that, with a kilobyte of its own on each level.
    HeavyRecursion,
    /// It executes `unreachable`.
    Trap,
    /// It panics, with a message.
    Panic,
    /// It reads where it has no memory: at `ptr`.
    WildRead,
    /// It writes where it has no memory: at `ptr`.
    WildWrite,
    /// It logs `len` bytes at `ptr`.
    WildLog,
    /// It panics with `len` bytes at `ptr`.
    WildPanic,
    /// It gives up again and again, with a long text that is none, and goes on.
    PanicFlood,
    /// It submits `len` bytes at `ptr`.
    WildSubmit,
    /// It sets metrics that do not exist.
    WildMetric,
    /// It claims to have written `len` commands.
    WildAnswer,
    /// It overwrites the block, and everything else that its host was told of.
    Overwrite,
    /// It submits orders until it is turned down, and returns as many more.
    OrderFlood,
    /// It submits all that it may, and returns one more.
    OrderGreed,
    /// It answers with records of nonsense.
    Nonsense,
    /// It logs as much as its gas buys.
    LogFlood,
    /// It computes with everything that is not a number, and shows the bits.
    Nan,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::Calm,
        Self::LoopInit,
        Self::LoopEvent,
        Self::LoopTimer,
        Self::LoopHost,
        Self::Memory,
        Self::Recursion,
        Self::HeavyRecursion,
        Self::Trap,
        Self::Panic,
        Self::WildRead,
        Self::WildWrite,
        Self::WildLog,
        Self::WildPanic,
        Self::PanicFlood,
        Self::WildSubmit,
        Self::WildMetric,
        Self::WildAnswer,
        Self::Overwrite,
        Self::OrderFlood,
        Self::OrderGreed,
        Self::Nonsense,
        Self::LogFlood,
        Self::Nan,
    ];

    /// What it is called in parameters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::LoopInit => "loop-init",
            Self::LoopEvent => "loop-event",
            Self::LoopTimer => "loop-timer",
            Self::LoopHost => "loop-host",
            Self::Memory => "memory",
            Self::Recursion => "recursion",
            Self::HeavyRecursion => "heavy-recursion",
            Self::Trap => "trap",
            Self::Panic => "panic",
            Self::WildRead => "wild-read",
            Self::WildWrite => "wild-write",
            Self::WildLog => "wild-log",
            Self::WildPanic => "wild-panic",
            Self::PanicFlood => "panic-flood",
            Self::WildSubmit => "wild-submit",
            Self::WildMetric => "wild-metric",
            Self::WildAnswer => "wild-answer",
            Self::Overwrite => "overwrite",
            Self::OrderFlood => "order-flood",
            Self::OrderGreed => "order-greed",
            Self::Nonsense => "nonsense",
            Self::LogFlood => "log-flood",
            Self::Nan => "nan",
        }
    }
}

/// What it is told to do.
#[derive(Clone, Copy, Debug)]
pub struct Orders {
    /// How it misbehaves.
    pub attack: Attack,
    /// The instrument that it trades.
    pub instrument: u32,
    /// A pointer, where the attack needs one.
    pub ptr: u32,
    /// A length or a count, where the attack needs one.
    pub len: u32,
}

impl Orders {
    /// Reads `attack=NAME`, `instrument=N`, `ptr=N` and `len=N`, one a line; what is missing is calm
    /// and 0. None where a line is something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut orders = Self { attack: Attack::Calm, instrument: 0, ptr: 0, len: 0 };
        for line in text.lines() {
            let (key, value) = line.split_once('=')?;
            match key {
                "attack" => {
                    orders.attack = Attack::ALL.into_iter().find(|it| it.name() == value)?
                }
                "instrument" => orders.instrument = value.parse().ok()?,
                "ptr" => orders.ptr = value.parse().ok()?,
                "len" => orders.len = value.parse().ok()?,
                _ => return None,
            }
        }
        Some(orders)
    }
}

#[cfg(test)]
mod tests;
