//! What a host tells, kept.

use ringfence_core::{Event, Interest};
use ringfence_host::publisher::Outlet;
use ringfence_host::sequencer::Stamp;

/// All that is told, in order.
#[derive(Default)]
pub(crate) struct Tape(pub(crate) Vec<(Stamp, Event)>);

impl Outlet for Tape {
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn tell(&mut self, stamp: Stamp, events: &[Event]) {
        self.0.extend(events.iter().map(|&event| (stamp, event)));
    }
}
