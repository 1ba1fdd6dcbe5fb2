//! What the host keeps for a guest between two calls, to be put down and taken up again.

use super::{Imports, METRICS_MAX};
use crate::runtime::log::KeptLog;

/// All that a guest can notice of its host, or its host of it, beyond memory and globals.
///
/// Commands that were submitted are not among it: between two calls there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) at_ns: u64,
    pub(crate) rand: u64,
    pub(crate) metrics: [i64; METRICS_MAX],
    pub(crate) metrics_ignored: u64,
    pub(crate) log: KeptLog,
}

impl Imports {
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            at_ns: self.at_ns,
            rand: self.rand,
            metrics: self.metrics,
            metrics_ignored: self.metrics_ignored,
            log: self.log.kept(),
        }
    }

    /// Goes on with this; false where it is no log.
    pub(crate) fn take_up(&mut self, kept: Kept) -> bool {
        self.at_ns = kept.at_ns;
        self.rand = kept.rand;
        self.metrics = kept.metrics;
        self.metrics_ignored = kept.metrics_ignored;
        self.log.take_up(kept.log)
    }
}
