//! Files that people name: only ordinary ones are read, and of those no more than is of use.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::error::RunError;

/// An ordinary file, and how many bytes it has; `None` for anything else. A device or a pipe may
/// have no end, or no beginning before somebody writes: opening one does not wait.
pub(crate) fn open(path: &Path) -> io::Result<Option<(File, u64)>> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then_some((file, metadata.len())))
}

/// A module, of which no more than `most` bytes and one are read, and how many it has.
///
/// # Errors
///
/// [`RunError`] where it cannot be read or is no ordinary file.
pub(crate) fn module(path: &Path, most: u32) -> Result<(Vec<u8>, u64), RunError> {
    let file = || path.display().to_string();
    let failed = |source| RunError::Open { file: file(), source };
    let Some((opened, len)) = open(path).map_err(failed)? else {
        let problem = "it is no file; name a module".to_owned();
        return Err(RunError::Strategy { file: file(), problem });
    };
    let mut bytes = Vec::new();
    opened.take(u64::from(most) + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok((bytes, len))
}

/// A file that people write by hand: `what` says what should be in it.
///
/// # Errors
///
/// [`RunError`] where it cannot be read, is no ordinary file or has more than a MiB.
pub(crate) fn handwritten(path: &Path, what: &str) -> Result<Vec<u8>, RunError> {
    let file = || path.display().to_string();
    let failed = |source| RunError::Open { file: file(), source };
    let wrong = |problem| Err(RunError::File { file: file(), problem });
    let Some((opened, len)) = open(path).map_err(failed)? else {
        return wrong(format!("is no ordinary file; name {what}"));
    };
    let mut bytes = Vec::new();
    opened.take(HANDWRITTEN_LEN_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > HANDWRITTEN_LEN_MAX {
        let len = len.max(bytes.len() as u64);
        return wrong(format!(
            "has {len} bytes, but at most {HANDWRITTEN_LEN_MAX} are read; name {what}"
        ));
    }
    Ok(bytes)
}

/// Far more than anybody writes by hand.
const HANDWRITTEN_LEN_MAX: u64 = 1 << 20;
