//! The gateway's sockets, all on the venue's own thread.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::time::Timespec;

use super::{Gateway, LineId};
use crate::host::Request;

/// A listening socket and all connections.
pub struct Net {
    listener: TcpListener,
    watch: OwnedFd,
    /// By the numbers of connections.
    sockets: Vec<Option<Socket>>,
    happened: Vec<Event>,
    /// Connections that are not heard, since they wait for their account's bucket.
    deaf: Vec<LineId>,
    /// Nobody is taken in until then: there was no descriptor left.
    rests_until: Option<u64>,
    is_optimized: bool,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("listener", &self.listener).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Socket {
    stream: TcpStream,
    /// What it is watched for.
    flags: EventFlags,
    /// Nothing is written any more; it ends when the other side does.
    is_shut: bool,
}

/// What marks the listening socket.
const LISTENER: u64 = u64::MAX;

/// Events that are taken at once.
const HAPPENED_MAX: usize = 256;

/// Connections that are taken in at once.
const ACCEPTED_MAX: u32 = 64;

/// Bytes after which others are written to: about half a millisecond's.
const WRITTEN_MAX: usize = 1 << 20;

/// How long nobody is taken in where there was no descriptor left.
const REST_NS: u64 = 100_000_000;

impl Net {
    /// Listens. With `is_optimized`, small packets leave at once, and the kernel asks the network
    /// card where it may.
    ///
    /// # Errors
    ///
    /// Where the address cannot be had.
    pub fn listen(address: SocketAddr, is_optimized: bool) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let watch = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&watch, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
        let happened = Vec::with_capacity(HAPPENED_MAX);
        let (sockets, deaf) = (Vec::new(), Vec::new());
        let rests_until = None;
        Ok(Self { listener, watch, sockets, happened, deaf, rests_until, is_optimized })
    }

    /// The address at which it listens.
    ///
    /// # Errors
    ///
    /// Where the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Waits for something to come, no longer than `timeout`, and gives it to the gateway.
    ///
    /// # Errors
    ///
    /// Where the system cannot watch sockets any more.
    pub fn poll(
        &mut self,
        timeout: Duration,
        gateway: &mut Gateway,
        now: impl Fn() -> u64,
        requests: &mut Vec<Request>,
    ) -> io::Result<()> {
        self.hear_again(gateway);
        self.happened.clear();
        let timeout = Timespec::try_from(timeout).unwrap_or_default();
        let spare = rustix::buffer::spare_capacity(&mut self.happened);
        match epoll::wait(&self.watch, spare, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let now = now();
        if self.rests_until.is_some_and(|until| now >= until) {
            self.rests_until = None;
            self.watch_door(EventFlags::IN);
        }
        for at in 0..self.happened.len() {
            let Event { data, flags } = self.happened[at];
            if data.u64() == LISTENER {
                self.accept(gateway, now);
                continue;
            }
            let id = LineId(usize::try_from(data.u64()).expect("it was given as one"));
            if flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
                self.read(id, gateway, now, requests);
            }
            if flags.contains(EventFlags::OUT) {
                self.write(id, gateway, now);
            }
        }
        Ok(())
    }

    /// Writes what the gateway has to write.
    pub fn flush(&mut self, gateway: &mut Gateway, now: u64) {
        while let Some(id) = gateway.next_ready() {
            self.write(id, gateway, now);
        }
    }

    fn accept(&mut self, gateway: &mut Gateway, now: u64) {
        for taken in 0..ACCEPTED_MAX {
            match self.listener.accept() {
                Ok((stream, _)) => self.take_in(stream, gateway, now),
                // The system says so before it looks who is there: the first time, somebody is.
                Err(error) if taken == 0 && is_used_up(&error) => {
                    return self.find_descriptor(gateway, now);
                }
                // Whoever goes away before it is accepted is not here.
                Err(_) => return,
            }
        }
    }

    /// Somebody is at the door, and there is no descriptor left: a stranger's is taken, or nobody is
    /// taken in for a while, instead of being told again and again that somebody is there.
    fn find_descriptor(&mut self, gateway: &mut Gateway, now: u64) {
        if let Some(stranger) = gateway.stranger() {
            self.end(stranger, gateway, now);
            if let Ok((stream, _)) = self.listener.accept() {
                self.take_in(stream, gateway, now);
            }
            return;
        }
        self.rests_until = Some(now.saturating_add(REST_NS));
        self.watch_door(EventFlags::empty());
    }

    fn watch_door(&self, flags: EventFlags) {
        // It is watched, so it can be watched for something else.
        _ = epoll::modify(&self.watch, &self.listener, EventData::new_u64(LISTENER), flags);
    }

    /// Takes in who is at the door. Where it is full, whoever has been there for longest without a
    /// session goes: strangers, however many, do not keep a session out.
    fn take_in(&mut self, stream: TcpStream, gateway: &mut Gateway, now: u64) {
        if stream.set_nonblocking(true).is_err() {
            return;
        }
        if self.is_optimized {
            optimize(&stream);
        }
        if gateway.is_full()
            && let Some(stranger) = gateway.stranger()
        {
            self.end(stranger, gateway, now);
        }
        let Some(id) = gateway.connect(now) else { return };
        let flags = EventFlags::IN;
        let data = EventData::new_u64(id.0 as u64);
        if epoll::add(&self.watch, &stream, data, flags).is_err() {
            return gateway.hang_up(id, now);
        }
        if self.sockets.len() <= id.0 {
            self.sockets.resize_with(id.0 + 1, || None);
        }
        self.sockets[id.0] = Some(Socket { stream, flags, is_shut: false });
    }

    fn read(&mut self, id: LineId, gateway: &mut Gateway, now: u64, requests: &mut Vec<Request>) {
        let Some(socket) = self.sockets.get_mut(id.0).and_then(Option::as_mut) else { return };
        let space = gateway.space(id);
        if space.is_empty() {
            // It waits, or it ends: either way it is heard again when there is room.
            return if gateway.is_closing(id) {
                self.drain(id, gateway, now);
            } else {
                self.deaf.push(id);
                self.set_flags(id, Some(false), None);
            };
        }
        match socket.stream.read(space) {
            Ok(0) => self.end(id, gateway, now),
            Ok(len) => gateway.received(id, len, now, requests),
            Err(error) if is_for_now(&error) => {}
            Err(_) => self.end(id, gateway, now),
        }
    }

    /// Reads what nobody wants any more, so that the end of the connection is seen.
    fn drain(&mut self, id: LineId, gateway: &mut Gateway, now: u64) {
        let Some(socket) = self.sockets.get_mut(id.0).and_then(Option::as_mut) else { return };
        let mut nothing = [0; 4_096];
        match socket.stream.read(&mut nothing) {
            Ok(0) => self.end(id, gateway, now),
            Err(error) if !is_for_now(&error) => self.end(id, gateway, now),
            _ => {}
        }
    }

    fn write(&mut self, id: LineId, gateway: &mut Gateway, now: u64) {
        let Some(socket) = self.sockets.get_mut(id.0).and_then(Option::as_mut) else { return };
        let (mut is_blocked, mut wrote) = (false, 0);
        loop {
            let output = gateway.output(id, now);
            if output.is_empty() {
                break;
            }
            if wrote >= WRITTEN_MAX {
                // Others have their turn. It is written on as soon as the system says that it can be.
                is_blocked = true;
                break;
            }
            match socket.stream.write(output) {
                Ok(len) => {
                    wrote += len;
                    gateway.wrote(id, len);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    is_blocked = true;
                    break;
                }
                Err(_) => return self.end(id, gateway, now),
            }
        }
        if gateway.is_over(id) && !is_blocked {
            // Closed at once, it could take back what was not read yet.
            if socket.is_shut || socket.stream.shutdown(Shutdown::Write).is_err() {
                return self.end(id, gateway, now);
            }
            socket.is_shut = true;
            return self.set_flags(id, Some(true), Some(false));
        }
        self.set_flags(id, None, Some(is_blocked));
    }

    /// Sets what a socket is watched for, where that changes.
    fn set_flags(&mut self, id: LineId, reads: Option<bool>, writes: Option<bool>) {
        let Some(socket) = self.sockets.get_mut(id.0).and_then(Option::as_mut) else { return };
        let writes = writes.unwrap_or(socket.flags.contains(EventFlags::OUT));
        let reads = reads.unwrap_or(socket.flags.contains(EventFlags::IN));
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::IN, reads);
        flags.set(EventFlags::OUT, writes);
        if flags != socket.flags {
            socket.flags = flags;
            let data = EventData::new_u64(id.0 as u64);
            // It is watched, so it can be watched for something else.
            _ = epoll::modify(&self.watch, socket.stream.as_fd(), data, flags);
        }
    }

    /// Hears connections again that have room by now.
    fn hear_again(&mut self, gateway: &mut Gateway) {
        for at in (0..self.deaf.len()).rev() {
            let id = self.deaf[at];
            if !gateway.space(id).is_empty() || gateway.is_closing(id) {
                self.deaf.swap_remove(at);
                self.set_flags(id, Some(true), None);
            }
        }
    }

    fn end(&mut self, id: LineId, gateway: &mut Gateway, now: u64) {
        if let Some(socket) = self.sockets.get_mut(id.0).and_then(Option::take) {
            _ = epoll::delete(&self.watch, &socket.stream);
        }
        self.deaf.retain(|deaf| *deaf != id);
        gateway.hang_up(id, now);
    }
}

fn is_for_now(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// Whether this process, or the system, has no descriptor or memory left for another socket.
fn is_used_up(error: &io::Error) -> bool {
    let all = [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
    error.raw_os_error().is_some_and(|error| all.contains(&error))
}

/// Has small packets leave at once, and the kernel ask the network card for so long before it
/// sleeps. Where it may not, nothing is lost but time.
fn optimize(stream: &TcpStream) {
    _ = stream.set_nodelay(true);
    busy_poll(stream);
}

/// Microseconds for which the kernel asks the card.
static BUSY_POLL_US: libc::c_int = 50;

#[allow(unsafe_code, reason = "no safe interface knows SO_BUSY_POLL")]
fn busy_poll(stream: &TcpStream) {
    use std::os::fd::AsRawFd;
    let len = libc::socklen_t::try_from(size_of_val(&BUSY_POLL_US)).expect("four bytes");
    // SAFETY: the descriptor is open as long as `stream` is borrowed, and the option's value is an
    // integer of `len` bytes that outlives the call.
    unsafe {
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_BUSY_POLL,
            (&raw const BUSY_POLL_US).cast(),
            len,
        );
    }
}
