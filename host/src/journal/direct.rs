//! Writes past the system's cache, in whole blocks.
//!
//! What is written waits in memory that is aligned as disks want it, and is written by the sync, which
//! returns when the disk itself has it. Nothing is left for the system to write later: those who do
//! that for it share the processors with whoever waits for the disk.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, IoSlice};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use arrayvec::ArrayVec;
use rustix::fs::OFlags;

/// Offsets, lengths and addresses are multiples of so many bytes.
const BLOCK_LEN: usize = 4_096;

/// Blocks that the system takes at once.
const BLOCKS_MAX: usize = 1_024;

#[derive(Clone)]
#[repr(C, align(4096))]
struct Block([u8; BLOCK_LEN]);

/// A file that is written from the front to the back.
pub(super) struct Direct {
    file: File,
    /// What is not on the disk, and before it what is of the first block.
    blocks: Vec<Block>,
    /// Where the first block stands, and where the next byte comes.
    from: u64,
    to: u64,
    is_dirty: bool,
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct")
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

impl Direct {
    /// Opens a file that exists.
    ///
    /// # Errors
    ///
    /// Where the file system has no such writes, among others.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = (OFlags::DIRECT | OFlags::DSYNC).bits().cast_signed();
        let file = OpenOptions::new().write(true).custom_flags(flags).open(path)?;
        Ok(Self { file, blocks: Vec::new(), from: 0, to: 0, is_dirty: false })
    }

    /// Takes bytes. Behind the last of them, its block is clear. `plain` is the same file.
    pub(super) fn put(&mut self, plain: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        if offset != self.to {
            self.flush()?;
            self.go_to(plain, offset)?;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let within = within(self.to);
            if within == 0 {
                self.blocks.push(Block([0; BLOCK_LEN]));
            }
            let block = self.blocks.last_mut().expect("it is there, or was just put there");
            let (part, more) = rest.split_at(rest.len().min(BLOCK_LEN - within));
            block.0[within..within + part.len()].copy_from_slice(part);
            self.to += part.len() as u64;
            rest = more;
            self.is_dirty = true;
        }
        Ok(())
    }

    /// What [`put`](Self::put) took is on the disk when this returns.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if !self.is_dirty {
            return Ok(());
        }
        let mut done = 0;
        while done < self.blocks.len() {
            let rest = self.blocks[done..].iter().take(BLOCKS_MAX);
            let slices: ArrayVec<_, BLOCKS_MAX> =
                rest.map(|block| IoSlice::new(&block.0)).collect();
            match rustix::io::pwritev(&self.file, &slices, self.from + (done * BLOCK_LEN) as u64) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                // Of a block that was written in part, all is written again.
                Ok(len) => done += len / BLOCK_LEN,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.is_dirty = false;
        let last = self.blocks.pop().filter(|_| within(self.to) > 0);
        self.blocks.clear();
        self.blocks.extend(last);
        self.from = self.to - within(self.to) as u64;
        Ok(())
    }

    /// Has the system write what waits, for a disk that takes no blocks.
    pub(super) fn give_up(self, plain: &File) -> io::Result<()> {
        let mut at = self.from;
        for block in &self.blocks {
            let len = usize::try_from(self.to - at).unwrap_or(BLOCK_LEN).min(BLOCK_LEN);
            plain.write_all_at(&block.0[..len], at)?;
            at += len as u64;
        }
        plain.sync_data()
    }

    fn go_to(&mut self, plain: &File, offset: u64) -> io::Result<()> {
        let before = within(offset);
        self.blocks.clear();
        (self.from, self.to) = (offset - before as u64, offset);
        if before > 0 {
            let mut block = Block([0; BLOCK_LEN]);
            plain.read_exact_at(&mut block.0[..before], self.from)?;
            self.blocks.push(block);
        }
        Ok(())
    }
}

/// How far into its block an offset is.
fn within(offset: u64) -> usize {
    usize::try_from(offset % BLOCK_LEN as u64).expect("less than a block")
}

#[cfg(test)]
mod tests;
