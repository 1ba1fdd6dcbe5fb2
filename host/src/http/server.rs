//! Sockets of the HTTP server: none of them blocks, all are served by one thread.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Settings;
use super::routes::Routes;
use super::visitor::Visitor;

/// How long it sleeps at most, and how long the end of the server takes.
const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// Bytes that are read of one visitor before the next has its turn.
const READ_MAX: usize = 4_096;

/// The thread's own.
#[derive(Debug)]
pub(super) struct Server {
    listener: TcpListener,
    settings: Settings,
    routes: Routes,
    visitors: Vec<(TcpStream, Visitor)>,
    begun: Instant,
}

impl Server {
    pub(super) fn new(listener: TcpListener, settings: Settings, routes: Routes) -> Self {
        Self { listener, settings, routes, visitors: Vec::new(), begun: Instant::now() }
    }

    /// Serves until it is told to end.
    pub(super) fn run(mut self, is_over: &AtomicBool) {
        while !is_over.load(Ordering::Relaxed) {
            self.round();
        }
    }

    /// Everybody who has something to do does one thing: so whoever asks for much does not keep the
    /// others waiting.
    fn round(&mut self) {
        let ready = self.wait();
        let now_ns = self.now_ns();
        self.serve(&ready, now_ns);
        self.accept(now_ns);
    }

    /// Waits until a socket has something to do; which of the visitors' do.
    fn wait(&self) -> Vec<bool> {
        let mut fds = vec![PollFd::from_borrowed_fd(self.listener.as_fd(), PollFlags::IN)];
        fds.extend(self.visitors.iter().map(|(socket, visitor)| {
            let wanted = if visitor.listens() { PollFlags::IN } else { PollFlags::OUT };
            PollFd::from_borrowed_fd(socket.as_fd(), wanted)
        }));
        if poll(&mut fds, Some(&LOOK_EVERY)).is_err() {
            return vec![true; self.visitors.len()];
        }
        fds[1..].iter().map(|fd| !fd.revents().is_empty()).collect()
    }

    fn serve(&mut self, ready: &[bool], now_ns: u64) {
        let Self { settings, routes, visitors, .. } = self;
        let patience_ns = u64::try_from(settings.patience.as_nanos()).unwrap_or(u64::MAX);
        let mut at = 0;
        visitors.retain_mut(|(socket, visitor)| {
            at += 1;
            let mut is_here = true;
            if ready.get(at - 1) == Some(&true) {
                is_here = read(socket, visitor, settings, routes, now_ns);
            }
            visitor.check_patience(patience_ns, now_ns);
            is_here && write(socket, visitor, now_ns) && !visitor.is_over()
        });
    }

    /// Takes in who is at the door. Where it is full, whoever has been still for longest goes: slow
    /// visitors, however many, do not keep a probe out.
    fn accept(&mut self, now_ns: u64) {
        while let Ok((socket, _)) = self.listener.accept() {
            if socket.set_nonblocking(true).is_err() {
                continue;
            }
            if self.visitors.len() >= self.settings.connections_max {
                let moved = self.visitors.iter().map(|(_, visitor)| visitor.moved_ns());
                let Some((stillest, _)) = moved.enumerate().min_by_key(|&(_, moved)| moved) else {
                    continue;
                };
                self.visitors.remove(stillest);
            }
            self.visitors.push((socket, Visitor::new(now_ns)));
        }
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Reads what there is, or answers what was read before; false where the visitor is gone.
fn read(
    socket: &mut TcpStream,
    visitor: &mut Visitor,
    settings: &Settings,
    routes: &Routes,
    now_ns: u64,
) -> bool {
    if !visitor.listens() {
        visitor.take_turn(settings, routes, now_ns);
        return true;
    }
    let mut buffer = [0; READ_MAX];
    match socket.read(&mut buffer) {
        Ok(0) => false,
        Ok(len) => {
            visitor.hear(&buffer[..len], settings, routes, now_ns);
            true
        }
        Err(error) => is_for_now(error.kind()),
    }
}

/// Sends what waits, as far as it goes; false where the visitor is gone.
fn write(socket: &mut TcpStream, visitor: &mut Visitor, now_ns: u64) -> bool {
    while !visitor.output().is_empty() {
        match socket.write(visitor.output()) {
            Ok(0) => return false,
            Ok(len) => visitor.sent(len, now_ns),
            Err(error) => return is_for_now(error.kind()),
        }
    }
    true
}

/// Whether it is worth trying again.
const fn is_for_now(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests;
