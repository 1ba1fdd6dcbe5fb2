//! A real folder on a real disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::direct::Direct;
use super::error::JournalError;
use super::storage::{Storage, StoredFile};

/// A folder, locked against other processes while it is open for writing.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Makes the names of files durable.
    handle: File,
    /// Held as long as the folder is open for writing.
    lock: Option<Arc<File>>,
}

/// The file that whoever writes holds locked.
const LOCK: &str = "lock";

impl Folder {
    /// A folder to read and write, made where there is none.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where it cannot be made or opened, or another process has it.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let name = path.display().to_string();
        let failed = |error: io::Error| JournalError::io(&name, "open", &error);
        if !path.is_dir() {
            fs::create_dir_all(path).map_err(failed)?;
            sync_parent(path).map_err(failed)?;
        }
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK));
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let problem = "is in use by another process; end that first";
                return Err(JournalError::unusable(&name, problem));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let handle = File::open(path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), handle, lock: Some(Arc::new(lock)) })
    }

    /// A folder that is only read. Whoever writes it meanwhile is not disturbed.
    ///
    /// # Errors
    ///
    /// [`JournalError`] where there is none, or it may not be read.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        let name = path.display().to_string();
        let failed = |error: io::Error| JournalError::io(&name, "open", &error);
        let handle = File::open(path).map_err(failed)?;
        if !handle.metadata().map_err(failed)?.is_dir() {
            let problem = "is a file; a journal is a folder of segments";
            return Err(JournalError::unusable(&name, problem));
        }
        Ok(Self { path: path.to_owned(), handle, lock: None })
    }

    fn may_write(&self) -> io::Result<()> {
        match self.lock {
            Some(_) => Ok(()),
            None => Err(io::Error::new(io::ErrorKind::PermissionDenied, "it was opened to read")),
        }
    }
}

/// Makes it durable that a folder exists.
fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

impl Storage for Folder {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn share(&self) -> io::Result<Box<dyn Storage>> {
        let (path, lock) = (self.path.clone(), self.lock.clone());
        Ok(Box::new(Self { path, handle: self.handle.try_clone()?, lock }))
    }

    fn list(&mut self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            // A name that is not text is no file of ours.
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    fn create(&mut self, name: &str, len: u64) -> io::Result<Box<dyn StoredFile>> {
        self.may_write()?;
        let path = self.path.join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        let made = reserve(&file, len).and_then(|()| file.sync_all());
        if let Err(error) = made.and_then(|()| self.handle.sync_all()) {
            // A file that is half made would be in the way of the next try.
            _ = fs::remove_file(&path);
            return Err(error);
        }
        Ok(Box::new(RealFile { file, path, direct: None }))
    }

    fn open(&mut self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        let writes = self.lock.is_some();
        let path = self.path.join(name);
        let file = OpenOptions::new().read(true).write(writes).open(&path)?;
        Ok(Box::new(RealFile { file, path, direct: None }))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.may_write()?;
        fs::remove_file(self.path.join(name))?;
        self.handle.sync_all()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.may_write()?;
        fs::rename(self.path.join(from), self.path.join(to))?;
        self.handle.sync_all()
    }
}

/// Reserves disk space, so that a full disk is met here and not in the middle of a segment. File
/// systems that cannot reserve give the file its length only.
fn reserve(file: &File, len: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    match fallocate(file, FallocateFlags::empty(), 0, len) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => file.set_len(len),
        Err(error) => Err(error.into()),
    }
}

#[derive(Debug)]
struct RealFile {
    file: File,
    path: PathBuf,
    direct: Option<Direct>,
}

impl StoredFile for RealFile {
    fn len(&mut self) -> io::Result<u64> {
        self.file.metadata().map(|metadata| metadata.len())
    }

    fn be_direct(&mut self) -> bool {
        if self.direct.is_none() {
            self.direct = Direct::open(&self.path).ok();
        }
        self.direct.is_some()
    }

    fn read_exact_at(&mut self, into: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(into, offset)
    }

    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match &mut self.direct {
            Some(direct) => direct.put(&self.file, bytes, offset),
            None => self.file.write_all_at(bytes, offset),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let Some(direct) = &mut self.direct else { return self.file.sync_data() };
        match direct.flush() {
            // There are file systems that open such a file and write none.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                let direct = self.direct.take().expect("it was there");
                direct.give_up(&self.file)
            }
            flushed => flushed,
        }
    }

    fn release(&mut self, len: u64) {
        use rustix::fs::{Advice, fadvise};
        // The page that `len` is in stays, since it is only a part of it.
        if let Some(len) = std::num::NonZeroU64::new(len) {
            _ = fadvise(&self.file, 0, Some(len), Advice::DontNeed);
        }
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.sync()?;
        self.direct = None;
        self.file.set_len(len)?;
        self.file.sync_all()
    }
}

#[cfg(test)]
mod tests;
