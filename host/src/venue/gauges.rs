//! What other threads may know of a running venue.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::gateway::Gateway;
use crate::host::Host;

/// Numbers that are read a hundred times a second.
#[derive(Debug, Default)]
pub struct Gauges {
    is_running: AtomicBool,
    /// The latest command's place.
    pub place: AtomicU64,
    /// Commands that sessions sent.
    pub commands: AtomicU64,
    /// Events of sessions.
    pub events: AtomicU64,
    /// Connections now.
    pub connections: AtomicU64,
    /// Connections so far.
    pub connected: AtomicU64,
    /// Logins so far.
    pub logins: AtomicU64,
    /// Connections that the gateway ended.
    pub goodbyes: AtomicU64,
    /// Times that a connection had to wait for its account's rate.
    pub held: AtomicU64,
    /// Snapshots that were written.
    pub snapshots: AtomicU64,
    /// Snapshots that could not be.
    pub snapshots_failed: AtomicU64,
}

impl Gauges {
    /// Whether the venue takes commands in.
    pub fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    pub(super) fn set_running(&self, is_running: bool) {
        self.is_running.store(is_running, Ordering::Release);
    }

    pub(super) fn read(&self, host: &Host, gateway: &Gateway) {
        let counts = gateway.counts();
        let snapshots = host.sequencer().journal().snapshots();
        for (gauge, value) in [
            (&self.place, host.sequencer().last().place),
            (&self.commands, counts.commands),
            (&self.events, counts.events),
            (&self.connections, counts.connections),
            (&self.connected, counts.connected),
            (&self.logins, counts.logins),
            (&self.goodbyes, counts.goodbyes.iter().sum()),
            (&self.held, counts.held),
            (&self.snapshots, snapshots.map_or(0, |tally| tally.written)),
            (&self.snapshots_failed, snapshots.map_or(0, |tally| tally.failed)),
        ] {
            gauge.store(value, Ordering::Relaxed);
        }
    }
}
