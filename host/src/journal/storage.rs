//! What a journal asks of a disk; the real one and the simulated one do it.

use std::fmt::Debug;
use std::io;

/// A folder of files.
pub trait Storage: Debug + Send {
    /// What messages call it.
    fn name(&self) -> String;

    /// The same folder once more, for another thread.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be opened again.
    fn share(&self) -> io::Result<Box<dyn Storage>>;

    /// The names of all files, in no order.
    ///
    /// # Errors
    ///
    /// Where the folder cannot be read.
    fn list(&mut self) -> io::Result<Vec<String>>;

    /// Makes a file with room for `len` bytes, all zero. That it exists is durable when this
    /// returns.
    ///
    /// # Errors
    ///
    /// Where there is one of this name, or no room.
    fn create(&mut self, name: &str, len: u64) -> io::Result<Box<dyn StoredFile>>;

    /// Opens a file to read and write.
    ///
    /// # Errors
    ///
    /// Where there is none, or it may not be read.
    fn open(&mut self, name: &str) -> io::Result<Box<dyn StoredFile>>;

    /// Takes a file away, durably.
    ///
    /// # Errors
    ///
    /// Where there is none, or it may not be taken away.
    fn remove(&mut self, name: &str) -> io::Result<()>;

    /// Gives a file another name, durably, in the place of any file that had it.
    ///
    /// # Errors
    ///
    /// Where there is none, or it may not be renamed.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
}

/// An open file.
pub trait StoredFile: Debug + Send {
    /// How many bytes it has.
    ///
    /// # Errors
    ///
    /// Where the disk fails.
    fn len(&mut self) -> io::Result<u64>;

    /// Whether it has no bytes.
    ///
    /// # Errors
    ///
    /// Where the disk fails.
    fn is_empty(&mut self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }

    /// From now on what is written waits in memory until [`sync`](Self::sync) puts it on the disk past
    /// the system's cache, and nobody else sees it before. For a file that one writer writes from the
    /// front to the back: behind what it wrote last, the block is cleared. What was written before is
    /// to be synced before. Whether it can; where it cannot, nothing changes.
    fn be_direct(&mut self) -> bool {
        false
    }

    /// Reads `into.len()` bytes from `offset` on.
    ///
    /// # Errors
    ///
    /// Where there are not so many, or the disk fails.
    fn read_exact_at(&mut self, into: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`. Not durable before [`sync`](Self::sync).
    ///
    /// # Errors
    ///
    /// Where the disk is full or fails; any part may have been written then.
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Returns when everything that was written is on the disk itself.
    ///
    /// # Errors
    ///
    /// Where the disk fails. What was written since the last time may be lost then, and trying
    /// again would not tell.
    fn sync(&mut self) -> io::Result<()>;

    /// What comes before `len` was synced and will not be read or written soon: the system's cache may
    /// forget it. A hint; one that is not understood does nothing.
    fn release(&mut self, len: u64) {
        _ = len;
    }

    /// Cuts the file to `len` bytes.
    ///
    /// # Errors
    ///
    /// Where the disk fails.
    fn truncate(&mut self, len: u64) -> io::Result<()>;
}
