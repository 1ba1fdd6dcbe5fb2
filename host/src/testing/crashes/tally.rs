//! What happened in simulations.

/// What happened in a simulation, so that a test can assert that everything does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Times that the venue was brought back.
    pub recoveries: u64,
    /// Of these, times that something torn was cut.
    pub torn: u64,
    /// Of these, times that what was before had ended in order.
    pub sealed: u64,
    /// Commands that were recovered although nobody had been told of them.
    pub untold: u64,
    /// Commands that were lost, of which nobody had been told.
    pub lost_untold: u64,
    /// Errors of the disk that stopped intake.
    pub disk_errors: u64,
    /// Journals that were found damaged after a bit had flipped.
    pub damaged: u64,
    /// Flipped bits that changed nothing that counts.
    pub harmless: u64,
    /// Commands that were lost although somebody had been told of them, where the journal's policy
    /// leaves them to the system.
    pub lost_with_the_system: u64,
    /// Times that the venue came back from a snapshot.
    pub from_snapshots: u64,
    /// Of these, times that what came before was in the journal no more.
    pub truncated: u64,
    /// Snapshots that were written.
    pub snapshots: u64,
    /// Snapshots that could not be, while trading went on.
    pub snapshots_failed: u64,
    /// Snapshots that were found damaged, and passed over.
    pub passed_over: u64,
    /// Times that every snapshot had been damaged and the journal was not whole any more.
    pub all_damaged: u64,
    /// Commands that were taken in the end.
    pub commands: u64,
}

impl Tally {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            recoveries: self.recoveries + other.recoveries,
            torn: self.torn + other.torn,
            sealed: self.sealed + other.sealed,
            untold: self.untold + other.untold,
            lost_untold: self.lost_untold + other.lost_untold,
            disk_errors: self.disk_errors + other.disk_errors,
            damaged: self.damaged + other.damaged,
            harmless: self.harmless + other.harmless,
            lost_with_the_system: self.lost_with_the_system + other.lost_with_the_system,
            from_snapshots: self.from_snapshots + other.from_snapshots,
            truncated: self.truncated + other.truncated,
            snapshots: self.snapshots + other.snapshots,
            snapshots_failed: self.snapshots_failed + other.snapshots_failed,
            passed_over: self.passed_over + other.passed_over,
            all_damaged: self.all_damaged + other.all_damaged,
            commands: self.commands + other.commands,
        }
    }
}
