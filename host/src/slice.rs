//! How long a thread runs at a time.
//!
//! Where more threads want to run than there are processors, Linux (EEVDF, since 6.12) lets one that
//! asks for short slices of time go before those that take longer ones as soon as it has something to
//! do; its share stays the same. A venue's thread that was woken by its disk or its sockets waits for
//! milliseconds otherwise until somebody else's slice is over.

use std::io;

/// The shortest slice that there is.
const SHORT_NS: u64 = 100_000;

/// Has this thread run in short slices. Kernels that have no such thing leave it as it is, and so do
/// those that do not allow it.
pub(crate) fn take_short_ones() {
    let mut attributes = match read() {
        // What a thread of another policy has there means something else.
        Ok(attributes) if attributes.sched_policy == libc::SCHED_OTHER.cast_unsigned() => {
            attributes
        }
        _ => return,
    };
    attributes.sched_runtime = SHORT_NS;
    // Nobody is worse off where it is refused.
    _ = write(&attributes);
}

/// Bytes of a `sched_attr` as it has always been.
const LEN: u32 = 48;
const _: () = assert!(size_of::<libc::sched_attr>() == LEN as usize);

/// What the kernel has of this thread.
#[allow(unsafe_code, reason = "no safe interface knows sched_getattr")]
fn read() -> io::Result<libc::sched_attr> {
    // SAFETY: all of its fields are integers.
    let mut attributes: libc::sched_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes `LEN` bytes at most, which `attributes` has.
    let done = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, LEN, 0) };
    if done == 0 { Ok(attributes) } else { Err(io::Error::last_os_error()) }
}

#[allow(unsafe_code, reason = "no safe interface knows sched_setattr")]
fn write(attributes: &libc::sched_attr) -> io::Result<()> {
    let attributes = libc::sched_attr { size: LEN, ..*attributes };
    // SAFETY: the kernel reads `size` bytes, which `attributes` has.
    let done = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::{SHORT_NS, read, take_short_ones, write};

    #[test]
    fn a_thread_has_short_slices_and_nothing_else_of_it_changes() {
        let before = read().unwrap();
        if write(&before).is_err() || before.sched_runtime == 0 {
            return eprintln!("skipped: this kernel tells no slices");
        }
        take_short_ones();
        let after = read().unwrap();
        assert_eq!(after.sched_runtime, SHORT_NS);
        assert_eq!(after.sched_nice, before.sched_nice);
        assert_eq!(after.sched_policy, before.sched_policy);
    }
}
