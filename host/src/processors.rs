//! Which processors threads may run on.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Processors that a venue was given: the first is its own thread's, the others are for the threads
/// beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processors<'a>(pub(crate) &'a [u16]);

impl<'a> Processors<'a> {
    /// Those that are left for others than the venue's own thread.
    pub(crate) const fn left(self) -> &'a [u16] {
        match self.0 {
            [_, others @ ..] => others,
            [] => &[],
        }
    }

    /// Binds this thread, and those that it starts from now on, to what is left for the threads beside
    /// the venue's own; where nothing is, to the venue's own.
    pub(crate) fn bind_helpers(self) -> io::Result<()> {
        match self.left() {
            [] => bind(self.0),
            left => bind(left),
        }
    }

    /// Binds this thread to the venue's own processor.
    pub(crate) fn bind_own(self) -> io::Result<()> {
        bind(self.0.get(..1).unwrap_or_default())
    }
}

/// Binds this thread to these processors; where none is named, it stays where it is.
///
/// # Errors
///
/// A sentence that names them, where it may not run there.
pub(crate) fn bind(processors: &[u16]) -> io::Result<()> {
    if processors.is_empty() {
        return Ok(());
    }
    let refused = || {
        let numbers: Vec<_> = processors.iter().map(u16::to_string).collect();
        let (numbers, many) = (numbers.join(", "), if processors.len() > 1 { "s" } else { "" });
        io::Error::other(format!(
            "this process may not run on processor{many} {numbers}; `nproc --all` tells how many there \
             are"
        ))
    };
    let mut set = CpuSet::new();
    for &processor in processors {
        if usize::from(processor) >= CpuSet::MAX_CPU {
            return Err(refused());
        }
        set.set(usize::from(processor));
    }
    sched_setaffinity(None, &set).map_err(|_| refused())?;
    // Of several, the system drops those that there are not, and says nothing.
    let has_all = sched_getaffinity(None).is_ok_and(|got| got == set);
    if has_all { Ok(()) } else { Err(refused()) }
}

#[cfg(test)]
mod tests;
