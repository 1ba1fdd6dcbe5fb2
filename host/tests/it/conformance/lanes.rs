//! What a strategy runs on: a sandbox with one of the engines, or the machine itself.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use ringfence_core::Time;
use ringfence_core::wire::{COMMAND_LEN, CommandRecord, EVENT_LEN, EventRecord};
use ringfence_guest::abi::{COMMANDS_CAP, EVENTS_CAP, code};
use ringfence_guest::{Session, Strategy};
use ringfence_host::floor::Mail;
use ringfence_host::sandbox::{Fault, LoadError, Program, Sandbox, SandboxConfig, Stats};
use ringfence_host::seat::{Guest, Subscription};

/// Somebody who plays a role, from the beginning as often as is wished.
pub trait Player: Guest + Sized + 'static {
    /// What it is started from.
    type Script: Clone + Debug + Send;

    fn start(script: &Self::Script) -> Result<Self, LoadError>;

    fn subscription(&self) -> Subscription;

    /// What it has shown of itself so far, besides its decisions.
    fn shown(&self) -> Shown;
}

/// What an operator sees of a guest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    pub gas: u64,
    pub calls: u64,
    pub events: u64,
    pub submitted: u64,
    pub pages: u32,
    pub log: Vec<String>,
    pub log_dropped: u64,
    pub metrics: Vec<i64>,
}

impl Player for Sandbox {
    type Script = (Program, SandboxConfig);

    fn start((program, config): &Self::Script) -> Result<Self, LoadError> {
        Self::start(program, config)
    }

    fn subscription(&self) -> Subscription {
        Subscription::of(self)
    }

    fn shown(&self) -> Shown {
        let Stats { gas, calls, events, submitted, pages, .. } = self.stats();
        Shown {
            gas,
            calls,
            events,
            submitted,
            pages,
            log: self.log_tail(),
            log_dropped: self.log_dropped(),
            metrics: self.metrics().to_vec(),
        }
    }
}

/// A strategy as ordinary code, called as a sandbox calls it.
#[derive(Debug)]
pub struct Native<S> {
    session: Session<S>,
    stats: Stats,
}

impl<S: Strategy + Debug + Send + 'static> Player for Native<S> {
    type Script = String;

    fn start(params: &String) -> Result<Self, LoadError> {
        let session = Session::open(params).map_err(|why| {
            let (code, said) = (code::BAD_PARAMS, why.to_string());
            LoadError::InitRefused { code, said }
        })?;
        Ok(Self { session, stats: Stats::default() })
    }

    fn subscription(&self) -> Subscription {
        let timer_ns = S::TIMER_NS;
        Subscription { timer_ns, ..Subscription::public(S::SUBSCRIPTIONS) }
    }

    fn shown(&self) -> Shown {
        Shown::default()
    }
}

impl<S: Strategy + Debug + Send> Guest for Native<S> {
    fn deliver(
        &mut self,
        _at: Time,
        mut mail: Mail<'_>,
        out: &mut Vec<CommandRecord>,
    ) -> Result<(), Fault> {
        let mut inbox = [[0; EVENT_LEN]; EVENTS_CAP];
        let mut outbox = [[0; COMMAND_LEN]; COMMANDS_CAP];
        while !mail.is_empty() {
            let count = mail.move_into(&mut inbox);
            let asked = self.session.on_events(&inbox[..count], &mut outbox);
            out.extend(outbox[..asked].iter().map(CommandRecord::from_bytes));
        }
        Ok(())
    }

    fn stats(&self) -> Stats {
        self.stats
    }

    fn log_tail(&self) -> Vec<String> {
        Vec::new()
    }
}

/// One call of a guest, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub at: Time,
    /// What it heard; nothing where its timer rang.
    pub heard: Vec<EventRecord>,
    pub asked: Vec<CommandRecord>,
    pub fault: Option<Fault>,
}

/// What a guest decided, and what it showed in the end.
#[derive(Debug, Default)]
pub struct Tape {
    pub deliveries: Vec<Delivery>,
    pub shown: Shown,
}

/// A player whose every answer is kept.
#[derive(Debug)]
pub struct Recorded<P: Player> {
    player: P,
    script: P::Script,
    tape: Arc<Mutex<Tape>>,
}

impl<P: Player> Recorded<P> {
    pub fn new(script: &P::Script, tape: &Arc<Mutex<Tape>>) -> Result<Self, LoadError> {
        Ok(Self { player: P::start(script)?, script: script.clone(), tape: tape.clone() })
    }

    pub fn subscription(&self) -> Subscription {
        self.player.subscription()
    }

    fn keep(&self, at: Time, heard: Vec<EventRecord>, asked: &[CommandRecord], came: &Came) {
        let (asked, fault) = (asked.to_vec(), came.as_ref().err().cloned());
        let mut tape = self.tape.lock().unwrap();
        tape.deliveries.push(Delivery { at, heard, asked, fault });
        tape.shown = self.player.shown();
    }
}

type Came = Result<(), Fault>;

impl<P: Player> Guest for Recorded<P> {
    fn deliver(&mut self, at: Time, mail: Mail<'_>, out: &mut Vec<CommandRecord>) -> Came {
        let (heard, before) = (mail.records().collect(), out.len());
        let came = self.player.deliver(at, mail, out);
        self.keep(at, heard, &out[before..], &came);
        came
    }

    fn takes_rings(&self) -> bool {
        self.player.takes_rings()
    }

    fn ring(&mut self, at: Time, out: &mut Vec<CommandRecord>) -> Came {
        let before = out.len();
        let came = self.player.ring(at, out);
        self.keep(at, Vec::new(), &out[before..], &came);
        came
    }

    fn again(&self) -> Option<Result<Box<dyn Guest>, LoadError>> {
        let again = Self::new(&self.script, &self.tape);
        Some(again.map(|again| -> Box<dyn Guest> { Box::new(again) }))
    }

    fn backtrace(&self) -> Vec<String> {
        self.player.backtrace()
    }

    fn stats(&self) -> Stats {
        self.player.stats()
    }

    fn log_tail(&self) -> Vec<String> {
        self.player.log_tail()
    }
}
