//! Pages of a guest's memory as the system sees them: which were written, and how to have them
//! before they are.
#![expect(unsafe_code, reason = "the system is told about memory by its address")]

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;

use rustix::param::page_size;

/// Bytes of `memory` that the system has given out.
///
/// # Errors
///
/// Where the system does not say, or its pages are larger than [`PAGE_LEN`].
pub(crate) fn resident(memory: &[u8]) -> io::Result<u64> {
    let is_there = |word: &&u64| **word & THERE != 0;
    Ok((words(memory)?.iter().filter(is_there).count() * PAGE_LEN) as u64)
}

/// Where `memory` was written, or read where nothing ever was: pages of its own, and not of a file.
///
/// # Errors
///
/// As [`resident`].
pub(crate) fn written(memory: &[u8]) -> io::Result<Vec<Range<usize>>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    for (page, word) in words(memory)?.into_iter().enumerate() {
        let at = page * PAGE_LEN;
        match places.last_mut() {
            _ if word & (THERE | OF_FILE) != THERE => {}
            Some(last) if last.end == at => last.end += PAGE_LEN,
            _ => places.push(at..at + PAGE_LEN),
        }
    }
    Ok(places)
}

/// Has the system give out these places of `memory` now, in one go each, and not page by page when
/// they are written. What is in them stays; where the system does not do it, nothing happens.
pub(crate) fn populate(memory: &mut [u8], places: &[Range<usize>]) {
    if check_page_len(page_size()).is_err() {
        return;
    }
    for place in places {
        let Some(bytes) = memory.get_mut(place.clone()) else { continue };
        if bytes.as_ptr().addr().is_multiple_of(PAGE_LEN) {
            // SAFETY: whole pages of memory that is borrowed mutably; their contents stay.
            unsafe {
                libc::madvise(bytes.as_mut_ptr().cast(), bytes.len(), libc::MADV_POPULATE_WRITE)
            };
        }
    }
}

/// What the system says of each whole page.
fn words(memory: &[u8]) -> io::Result<Vec<u64>> {
    check_page_len(page_size())?;
    let mut map = File::open("/proc/self/pagemap")?;
    map.seek(SeekFrom::Start((memory.as_ptr().addr() / PAGE_LEN * WORD_LEN) as u64))?;
    let mut bytes = vec![0; memory.len() / PAGE_LEN * WORD_LEN];
    map.read_exact(&mut bytes)?;
    let (words, _) = bytes.as_chunks::<WORD_LEN>();
    Ok(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
}

/// Whether the system's pages are as long as those that are reckoned with here.
fn check_page_len(page_len: usize) -> io::Result<()> {
    if page_len == PAGE_LEN {
        return Ok(());
    }
    let why = format!("the system's pages have {page_len} bytes, and not {PAGE_LEN}");
    Err(io::Error::new(io::ErrorKind::Unsupported, why))
}

/// Bytes of memory that most machines give out at once.
pub(crate) const PAGE_LEN: usize = 4096;

/// Bytes that the system tells about each page.
const WORD_LEN: usize = 8;

/// The page is there.
const THERE: u64 = 1 << 63;

/// It is one of a file.
const OF_FILE: u64 = 1 << 61;

#[cfg(test)]
pub(crate) mod tests;
