//! A venue: what its sockets bring is sequenced, journalled, applied and told, again and again.

mod definitions;
mod images;
mod opening;
mod services;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringfence_core::{Command, Engine, Event, Interest, Time};

use images::Images;
pub use services::{Beside, Services};

use crate::admin::{Errands, Inbox, errands};
use crate::error::RunError;
use crate::gateway::Gateway;
use crate::gateway::frame::Goodbye;
use crate::gateway::net::Net;
use crate::host::{Host, Request};
use crate::http::{Figures, Health, State};
use crate::journal::JournalError;
use crate::keeper::KeeperThread;
use crate::publisher::Outlet;
use crate::recovery::Findings;
use crate::sequencer::{Origin, Stamp, Stamped};

/// A host with a gateway before it, and the loop that drives both.
#[derive(Debug)]
pub struct Venue {
    host: Host,
    gateway: Gateway,
    net: Net,
    findings: Findings,
    /// What of the file of instruments was not taken, or is missing.
    notes: Vec<String>,
    /// Never sleeps.
    is_restless: bool,
    /// How long nothing may be sequenced before time is.
    tick_ns: Option<u64>,
    /// What one poll brought.
    requests: Vec<Request>,
    figures: Arc<Figures>,
    health: Arc<Health>,
    /// When the figures are read next.
    read_at: u64,
    /// What other threads want done with the host.
    inbox: Option<Inbox>,
    images: Option<Images>,
}

/// How long the loop sleeps at most.
const NAP_NS: u64 = 100_000_000;

/// How often the figures are read.
const FIGURES_NS: u64 = 50_000_000;

/// How long clients have, at the end, to read that it is one.
const FAREWELL: Duration = Duration::from_millis(500);

/// Nanoseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

impl Venue {
    /// The host, for strategies to take their seats before it runs.
    pub const fn host_mut(&mut self) -> &mut Host {
        &mut self.host
    }

    /// Has other threads send errands, which this one does between two turns.
    pub fn take_errands(&mut self) -> Errands {
        let (sender, inbox) = errands();
        self.inbox = Some(inbox);
        sender
    }

    /// Has images of all strategies kept: now, with each snapshot of the state, after each million
    /// commands, and at the end.
    pub fn keep_images(&mut self, thread: KeeperThread) {
        let mut images = Images::new(thread);
        images.all_are_due(&self.host);
        self.images = Some(images);
    }

    /// The host, to look at.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Where clients connect.
    #[must_use]
    pub const fn net(&self) -> &Net {
        &self.net
    }

    /// What of the file of instruments was not taken, since the journal has it otherwise; and that
    /// there is no instrument.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What recovery found.
    #[must_use]
    pub const fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Runs until `stop` is set, and ends in order: nothing more is taken in, what was is finished and
    /// on the disk, and everybody is told goodbye. `beside` is told of everything besides.
    ///
    /// # Errors
    ///
    /// [`RunError`] where the journal takes no more: intake has stopped then, and clients know.
    pub fn run(&mut self, stop: &AtomicBool, beside: &mut impl Outlet) -> Result<(), RunError> {
        // Whoever finds the venue ready finds its books as well.
        beside.catch_breath(self.host.engine());
        self.health.set(State::Ready);
        let mut ended = self.work(stop, beside);
        if ended.is_ok() {
            self.health.set(State::ShuttingDown);
            ended = self.finish(beside).map_err(RunError::from);
        }
        // Whoever waits for an errand learns that it is not done.
        self.inbox = None;
        if let Err(error) = &ended {
            self.health.set(State::Failed(error.to_string()));
        }
        self.figures.look_at(&self.host);
        self.say_goodbye(if ended.is_ok() { Goodbye::Closes } else { Goodbye::Stopped });
        // Clients do not wait for it.
        if ended.is_ok()
            && let Some(images) = self.images.take()
        {
            images.finish(&mut self.host);
        }
        if ended.is_ok() {
            // Behind the images: who goes on from one has not been told that it ends.
            self.host.shut_down();
        }
        ended
    }

    fn work(&mut self, stop: &AtomicBool, beside: &mut impl Outlet) -> Result<(), RunError> {
        while !stop.load(Ordering::Relaxed) {
            let timeout = self.nap();
            let Self { net, gateway, requests, .. } = self;
            net.poll(timeout, gateway, now, requests).map_err(RunError::Network)?;
            let now = now();
            self.gateway.attend(now, &mut self.requests);
            self.let_time_pass(now);
            self.run_errands();
            self.turn(beside)?;
            if let Some(images) = &mut self.images {
                images.tend(&mut self.host);
            }
            self.net.flush(&mut self.gateway, now);
            if now >= self.read_at {
                self.read_at = now + FIGURES_NS;
                self.figures.look_at(&self.host);
                self.figures.sessions.store(self.gateway.sessions(), Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Everything that one poll brought is one group.
    fn turn(&mut self, beside: &mut impl Outlet) -> Result<(), JournalError> {
        if self.requests.is_empty() && !self.host.is_waiting() {
            return Ok(());
        }
        let mut audience = Audience { gateway: &mut self.gateway, beside };
        self.host.turn_of(self.requests.drain(..), &mut audience)
    }

    /// What they have sequenced goes ahead of what came meanwhile.
    fn run_errands(&mut self) {
        let Some(inbox) = &self.inbox else { return };
        while inbox.do_one(&mut self.host) {}
    }

    /// How long to wait for something to come.
    fn nap(&self) -> Duration {
        let is_busy = self.images.as_ref().is_some_and(Images::is_busy);
        if self.is_restless || is_busy || self.host.is_waiting() {
            return Duration::ZERO;
        }
        let now = now();
        let tick = self.tick_ns.map_or(u64::MAX, |tick| self.last_at().saturating_add(tick));
        let due = self.gateway.due(now).min(tick).min(now + NAP_NS);
        Duration::from_nanos(due.saturating_sub(now))
    }

    fn last_at(&self) -> u64 {
        self.host.sequencer().last().at.0
    }

    /// Where nothing was sequenced for a while, time is, so that what is due is done.
    fn let_time_pass(&mut self, now: u64) {
        let Some(tick) = self.tick_ns else { return };
        if self.requests.is_empty() && now.saturating_sub(self.last_at()) >= tick {
            self.requests.push(Stamped { at: Time(now), command: Command::Time }.into());
        }
    }

    fn finish(&mut self, beside: &mut impl Outlet) -> Result<(), JournalError> {
        let mut audience = Audience { gateway: &mut self.gateway, beside };
        self.host.finish(&mut audience)?;
        self.host.sync()
    }

    /// Tells everybody that it is the end, and gives them a moment to read it.
    fn say_goodbye(&mut self, why: Goodbye) {
        self.gateway.close(why, now());
        let end = now().saturating_add(u64::try_from(FAREWELL.as_nanos()).unwrap_or(0));
        while self.gateway.counts().connections > 0 && now() < end {
            self.net.flush(&mut self.gateway, now());
            let Self { net, gateway, requests, .. } = self;
            if net.poll(Duration::from_millis(10), gateway, now, requests).is_err() {
                break;
            }
            self.requests.clear();
        }
    }
}

/// Everybody who is told: sessions, and whoever is beside them.
struct Audience<'a, O> {
    gateway: &'a mut Gateway,
    beside: &'a mut O,
}

impl<O: Outlet> Outlet for Audience<'_, O> {
    fn interest(&self) -> Interest {
        Outlet::interest(self.gateway).and(self.beside.interest())
    }

    fn attribute(&mut self, origin: Origin) {
        self.gateway.attribute(origin);
        self.beside.attribute(origin);
    }

    fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        self.gateway.tell(stamp, events);
        self.beside.tell(stamp, events);
    }

    fn catch_breath(&mut self, engine: &Engine) {
        self.beside.catch_breath(engine);
    }

    fn acknowledge(&mut self, origin: Origin) {
        self.gateway.acknowledge(origin);
        self.beside.acknowledge(origin);
    }

    fn note(&self, notes: &mut Vec<u8>) {
        self.gateway.note(notes);
    }
}
