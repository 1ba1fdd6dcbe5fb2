//! The socket: made for its owner alone, served by one thread, taken away at the end.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::Mode;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::REQUEST_LEN_MAX;

/// An open admin door. It is closed, and its socket taken away, when this is dropped.
#[derive(Debug)]
pub struct Door {
    path: PathBuf,
    /// Which file it is: another venue may have put its own there meanwhile.
    file: (u64, u64),
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Why there is no admin door.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoorError {
    /// Something else has this name.
    #[error("the admin socket {path} is there already and is no socket; name another path")]
    Taken {
        /// Where.
        path: String,
    },
    /// Another venue serves it.
    #[error(
        "the admin socket {path} is another venue's, which runs; name another path, or end that"
    )]
    InUse {
        /// Where.
        path: String,
    },
    /// Others may write to its folder.
    #[error(
        "the admin socket {path} is to stand in a folder that is {owner}: give it a folder that only \
         you may write to (chmod 700)"
    )]
    OpenFolder {
        /// Where.
        path: String,
        /// Whose the folder is.
        owner: &'static str,
    },
    /// The system says no.
    #[error("the admin socket {path} cannot be made: {source}; check its path and its folder")]
    Io {
        /// Where.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// How long a connection has to send its request, and to read the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the end of the door takes at most, while nobody is served.
const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Connections that may wait to be served.
const BACKLOG: i32 = 16;

impl Door {
    /// Opens a door at `path`, where `answer` answers line for line, each on the door's thread.
    ///
    /// # Errors
    ///
    /// [`DoorError`] where there can be none.
    pub fn open(
        path: &Path,
        answer: impl FnMut(&[u8]) -> String + Send + 'static,
    ) -> Result<Self, DoorError> {
        let failed = |source| DoorError::Io { path: path.display().to_string(), source };
        check_folder(path)?;
        clear(path)?;
        let listener = listen(path).map_err(failed)?;
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let file = fs::symlink_metadata(path).map(|it| (it.dev(), it.ino())).map_err(failed)?;
        let mut door = Self { path: path.to_owned(), file, is_over, thread: None };
        let serve = move || serve(&listener, answer, &ends);
        let thread = std::thread::Builder::new().name("admin".into()).spawn(serve);
        door.thread = Some(thread.map_err(failed)?);
        Ok(door)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let is_ours = |it: fs::Metadata| (it.dev(), it.ino()) == self.file;
        if fs::symlink_metadata(&self.path).is_ok_and(is_ours) {
            _ = fs::remove_file(&self.path);
        }
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

/// Nobody else may put something in the socket's place.
fn check_folder(path: &Path) -> Result<(), DoorError> {
    let name = path.display().to_string();
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |source| DoorError::Io { path: name.clone(), source };
    let found = fs::metadata(folder).map_err(failed)?;
    // Who this process is, to files.
    let own = fs::metadata("/proc/self").map_err(failed)?;
    let owner = if found.uid() != own.uid() {
        "somebody else's"
    } else if found.mode() & 0o022 != 0 {
        "open to others"
    } else {
        return Ok(());
    };
    Err(DoorError::OpenFolder { path: name, owner })
}

/// Takes away the socket of a venue that was killed.
fn clear(path: &Path) -> Result<(), DoorError> {
    let name = || path.display().to_string();
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(DoorError::Io { path: name(), source }),
    };
    if !found.file_type().is_socket() {
        return Err(DoorError::Taken { path: name() });
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|source| DoorError::Io { path: name(), source })
        }
        _ => Err(DoorError::InUse { path: name() }),
    }
}

/// A socket that has its owner's mode before it has a name.
fn listen(path: &Path) -> io::Result<UnixListener> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket: OwnedFd =
        rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(path)?)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

fn serve(listener: &UnixListener, mut answer: impl FnMut(&[u8]) -> String, ends: &AtomicBool) {
    while !ends.load(Ordering::Relaxed) {
        let mut fds = [PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN)];
        _ = poll(&mut fds, Some(&LOOK_EVERY));
        if let Ok((socket, _)) = listener.accept() {
            // Whoever breaks off, or takes too long, gets no answer; the next one does.
            _ = converse(socket, &mut answer);
        }
    }
}

/// One request, one answer.
fn converse(mut socket: UnixStream, answer: &mut impl FnMut(&[u8]) -> String) -> io::Result<()> {
    socket.set_nonblocking(false)?;
    let answered = match read_line(&mut socket)? {
        Some(line) => answer(&line),
        None => super::desk::refusal(&format!("a request has at most {REQUEST_LEN_MAX} bytes")),
    };
    write_line(&mut socket, answered + "\n")
}

fn write_line(socket: &mut UnixStream, line: String) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    let mut rest = line.as_bytes();
    while !rest.is_empty() {
        socket.set_write_timeout(Some(left(until)?))?;
        let written = socket.write(rest)?;
        rest = &rest[written..];
    }
    Ok(())
}

/// What is left of somebody's time.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The bytes up to a line's end, or to the end of what comes; `None` where they are too many.
fn read_line(socket: &mut UnixStream) -> io::Result<Option<Vec<u8>>> {
    let until = Instant::now() + PATIENCE;
    let mut line = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        socket.set_read_timeout(Some(left(until)?))?;
        let read = socket.read(&mut piece)?;
        let end = piece[..read].iter().position(|&byte| byte == b'\n');
        line.extend_from_slice(&piece[..end.unwrap_or(read)]);
        if line.len() > REQUEST_LEN_MAX {
            return Ok(None);
        }
        if end.is_some() || read == 0 {
            return Ok(Some(line));
        }
    }
}

#[cfg(test)]
mod tests;
