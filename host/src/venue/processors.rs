//! Which processors threads may run on.

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::error::RunError;

/// Binds this thread, and those that it starts from now on, to the processors that are dealt out to
/// the threads beside the venue's own.
pub(super) fn bind_helpers(processors: &[u16]) -> Result<(), RunError> {
    match processors {
        [] => Ok(()),
        [one] => bind(&[*one]),
        [_, others @ ..] => bind(others),
    }
}

/// Binds this thread to the venue's own processor.
pub(super) fn bind_own(processors: &[u16]) -> Result<(), RunError> {
    processors.first().map_or(Ok(()), |own| bind(&[*own]))
}

fn bind(processors: &[u16]) -> Result<(), RunError> {
    let mut set = CpuSet::new();
    for &processor in processors {
        let processor = usize::from(processor);
        if processor >= CpuSet::MAX_CPU {
            return Err(no_such(processors));
        }
        set.set(processor);
    }
    sched_setaffinity(None, &set).map_err(|_| no_such(processors))
}

fn no_such(processors: &[u16]) -> RunError {
    RunError::Usage(format!(
        "cpu_affinity names {processors:?}, on which this process may not run; `nproc --all` tells how \
         many there are"
    ))
}
