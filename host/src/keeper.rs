//! Images of strategies in a folder: of each seat the two newest, and which seats were left.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::floor::SEATS_MAX;
use crate::seat::{SeatImage, SeatImageError};

mod thread;

pub use thread::{Courier, KeeperThread};

/// A folder of images. The venue's thread does not write to it: see [`KeeperThread`].
#[derive(Clone, Debug)]
pub struct Keeper {
    folder: PathBuf,
}

/// Why an image could not be kept, or not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// The disk says no.
    #[error("cannot {what} {file}: {source}; check the path, its permissions and the disk's room")]
    Io {
        /// What was asked of it.
        what: &'static str,
        /// Which file or folder.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// It is a folder, or a device.
    #[error("{file} is no file: name the file that `snapshot` wrote")]
    NoFile {
        /// Which.
        file: String,
    },
    /// The file is too large to be an image.
    #[error("{file} has {len} bytes, more than any image: name the file that `snapshot` wrote")]
    TooLarge {
        /// Which.
        file: String,
        /// Bytes it has.
        len: u64,
    },
    /// The file's bytes are no image.
    #[error("{file} cannot be used: {problem}")]
    Image {
        /// Which.
        file: String,
        /// What is wrong.
        problem: SeatImageError,
    },
    /// The thread that writes has ended.
    #[error("the venue ends, and keeps nothing more")]
    Ended,
}

/// Images of one seat that are kept: where the newest is damaged, the one before is there.
const KEPT: usize = 2;

/// The longest image: 2 GiB is the most memory that a guest may have.
const IMAGE_LEN_MAX: u64 = (2 << 30) + (64 << 20);

impl Keeper {
    /// A folder for images, which only its owner may read; made where there is none.
    ///
    /// # Errors
    ///
    /// [`KeepError`] where it cannot be had.
    pub fn open(folder: &Path) -> Result<Self, KeepError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| failed("make", folder, source))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Removes what was not written to its end by whoever was killed. Nobody else may write to the
    /// folder meanwhile.
    ///
    /// # Errors
    ///
    /// [`KeepError`] where the folder cannot be read.
    pub fn tidy(&self) -> Result<(), KeepError> {
        let names = self.names()?;
        names.iter().filter(|name| name.ends_with(PART)).for_each(|name| self.drop_file(name));
        Ok(())
    }

    /// Keeps an image; `bytes` are what it is written as. What was kept of its seat before the two
    /// newest goes, and so does what is of a higher place: it is of a past that was lost.
    ///
    /// # Errors
    ///
    /// [`KeepError`] where the disk fails; what was kept is still there then.
    pub fn write(&self, image: &SeatImage, bytes: &[u8]) -> Result<(), KeepError> {
        let number = image.number();
        let name = format!("{number:04}-{:020}.{IMAGE}", image.taken().place);
        let path = self.folder.join(name);
        write(&path, bytes)?;
        self.drop_file(&format!("{number:04}.{LEFT}"));
        let (lost, past): (Vec<_>, Vec<_>) =
            self.kept(number)?.into_iter().partition(|kept| *kept > path);
        let old = past.into_iter().skip(KEPT);
        lost.into_iter().chain(old).for_each(|path| _ = fs::remove_file(path));
        Ok(())
    }

    /// Notes that a seat was left: its images go, and its number stays given.
    ///
    /// # Errors
    ///
    /// [`KeepError`] where the disk fails.
    pub fn leave(&self, number: u16) -> Result<(), KeepError> {
        write(&self.folder.join(format!("{number:04}.{LEFT}")), b"")?;
        self.kept(number)?.into_iter().for_each(|old| _ = fs::remove_file(old));
        Ok(())
    }

    /// The images of one seat, newest first.
    ///
    /// # Errors
    ///
    /// [`KeepError`] where the folder cannot be read.
    pub fn kept(&self, number: u16) -> Result<Vec<PathBuf>, KeepError> {
        let mut names: Vec<String> = self.names()?;
        names.retain(|name| number_of(name) == Some(number) && name.ends_with(IMAGE));
        names.sort_unstable_by(|a, b| b.cmp(a));
        Ok(names.into_iter().map(|name| self.folder.join(name)).collect())
    }

    /// The numbers of all seats of which something is known, rising.
    ///
    /// # Errors
    ///
    /// [`KeepError`] where the folder cannot be read.
    pub fn numbers(&self) -> Result<Vec<u16>, KeepError> {
        let mut numbers: Vec<u16> = self.names()?.iter().filter_map(|it| number_of(it)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        Ok(numbers)
    }

    fn names(&self) -> Result<Vec<String>, KeepError> {
        let listed = fs::read_dir(&self.folder).and_then(|entries| {
            // A name that is not text is no file of ours.
            let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
            names.collect::<io::Result<Vec<_>>>()
        });
        let listed = listed.map_err(|source| failed("list", &self.folder, source))?;
        Ok(listed.into_iter().flatten().collect())
    }

    fn drop_file(&self, name: &str) {
        _ = fs::remove_file(self.folder.join(name));
    }
}

/// Reads an image.
///
/// # Errors
///
/// [`KeepError`] where the file cannot be read, or holds none.
pub fn read(path: &Path) -> Result<SeatImage, KeepError> {
    let file = path.display().to_string();
    let found = fs::metadata(path).map_err(|source| failed("read", path, source))?;
    if !found.is_file() {
        return Err(KeepError::NoFile { file });
    }
    if found.len() > IMAGE_LEN_MAX {
        return Err(KeepError::TooLarge { file, len: found.len() });
    }
    let bytes = fs::read(path).map_err(|source| failed("read", path, source))?;
    SeatImage::read(&bytes).map_err(|problem| KeepError::Image { file, problem })
}

/// Writes a file as a whole or not at all, for its owner alone; a file of that name is replaced.
///
/// # Errors
///
/// [`KeepError`] where the disk fails.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), KeepError> {
    static PARTS: AtomicU64 = AtomicU64::new(0);
    let part = PARTS.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{part}{PART}", std::process::id()));
    let temporary = path.with_file_name(name);
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary).and_then(
            |mut file| {
                file.write_all(bytes)?;
                file.sync_all()?;
                fs::rename(&temporary, path)?;
                File::open(folder)?.sync_all()
            },
        );
    written.map_err(|source| {
        _ = fs::remove_file(&temporary);
        failed("write", path, source)
    })
}

fn failed(what: &'static str, file: &Path, source: io::Error) -> KeepError {
    KeepError::Io { what, file: file.display().to_string(), source }
}

/// The seat that a file of the folder is about.
fn number_of(name: &str) -> Option<u16> {
    let is_ours = name.ends_with(IMAGE) || name.ends_with(LEFT);
    let number = name.get(..4).filter(|_| is_ours)?.parse().ok();
    number.filter(|&number| usize::from(number) < SEATS_MAX)
}

/// How names of images end.
const IMAGE: &str = "seat";

/// How names end of what is being written.
const PART: &str = ".part";

/// How names of seats that were left end.
const LEFT: &str = "left";

#[cfg(test)]
mod tests;
