//! Sockets of the feed: none of them blocks, all are served by one thread.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::market::Market;
use super::mask::Mask;
use super::outlet::Message;
use super::{Counts, Question, Settings, WayIn};

/// How often sockets are looked at while the venue is quiet.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Messages that are taken before sockets are looked at again.
const MESSAGES_MAX: usize = 64;

/// Bytes that are read of one subscriber before the next has its turn.
const READ_MAX: usize = 4_096;

/// The thread's own.
#[derive(Debug)]
pub(super) struct Server {
    market: Market,
    listener: Option<TcpListener>,
    /// Sockets, and the numbers of whom they are.
    sockets: Vec<(u64, TcpStream)>,
    subscribers_max: usize,
    counts: Arc<Counts>,
    begun: Instant,
}

impl Server {
    pub(super) fn new(
        settings: Settings,
        listener: Option<TcpListener>,
        counts: Arc<Counts>,
    ) -> Self {
        // No two processes of a venue start in the same nanosecond.
        let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let epoch = u64::try_from(epoch.as_nanos()).unwrap_or(1);
        let mask = if settings.masks_ids { Mask::random() } else { Mask::none() };
        Self {
            market: Market::new(settings, epoch, mask),
            listener,
            sockets: Vec::new(),
            subscribers_max: settings.subscribers_max,
            counts,
            begun: Instant::now(),
        }
    }

    /// Serves until it is told to end, or the venue is gone.
    pub(super) fn run(mut self, way_in: &WayIn) {
        let mut looked = Instant::now();
        while !way_in.is_over.load(Relaxed) {
            match way_in.ring.recv_timeout(LOOK_EVERY) {
                Ok(message) => {
                    self.take(&message);
                    self.take_waiting(way_in);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while let Ok(question) = way_in.questions.try_recv() {
                self.take_waiting(way_in);
                self.reply(question);
            }
            if looked.elapsed() >= LOOK_EVERY {
                looked = Instant::now();
                self.accept();
                self.read(way_in);
                self.market.tick(self.now_ns());
            }
            self.write();
            self.market.count(&self.counts);
        }
        self.counts.subscribers.store(0, Relaxed);
    }

    fn take(&mut self, message: &Message) {
        self.market.take(message);
        self.counts.waiting.fetch_sub(1, Relaxed);
    }

    /// Takes what is in the ring by now: what somebody asks for may have happened before.
    fn take_waiting(&mut self, way_in: &WayIn) {
        for message in way_in.ring.try_iter().take(MESSAGES_MAX) {
            self.take(&message);
        }
    }

    /// Whoever asked may have gone.
    fn reply(&self, question: Question) {
        match question {
            Question::Instruments(answer) => _ = answer.try_send(self.market.listings()),
            Question::Book(instrument, depth, answer) => {
                _ = answer.try_send(self.market.book(instrument, depth));
            }
        }
    }

    fn accept(&mut self) {
        let Some(listener) = &self.listener else { return };
        // Whatever fails to connect is looked at again next time.
        while let Ok((socket, _)) = listener.accept() {
            let is_full = self.sockets.len() >= self.subscribers_max;
            if is_full || socket.set_nonblocking(true).is_err() {
                self.counts.cut_off.fetch_add(1, Relaxed);
                continue;
            }
            // Without it, small groups of records wait for those before to be acknowledged.
            _ = socket.set_nodelay(true);
            let now_ns = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.sockets.push((self.market.connect(now_ns), socket));
        }
    }

    /// Reads of all sockets that have something to say.
    fn read(&mut self, way_in: &WayIn) {
        let now_ns = self.now_ns();
        let mut fds: Vec<_> = self
            .sockets
            .iter()
            .map(|(_, socket)| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN))
            .collect();
        if fds.is_empty() || poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_err() {
            return;
        }
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        self.take_waiting(way_in);
        let mut buffer = [0; READ_MAX];
        let mut at = 0;
        let market = &mut self.market;
        self.sockets.retain_mut(|(number, socket)| {
            at += 1;
            if !ready[at - 1] {
                return true;
            }
            let is_here = match socket.read(&mut buffer) {
                Ok(0) => false,
                Ok(len) => {
                    market.hear(*number, &buffer[..len], now_ns);
                    true
                }
                Err(error) => is_for_now(error.kind()),
            };
            if !is_here {
                market.disconnect(*number);
            }
            is_here
        });
    }

    /// Sends what waits, as far as it goes; lets those go that are cut off.
    fn write(&mut self) {
        let now_ns = self.now_ns();
        let market = &mut self.market;
        self.sockets.retain_mut(|(number, socket)| {
            let Some(subscriber) = market.subscriber(*number) else { return false };
            let mut is_here = true;
            while is_here && !subscriber.output().is_empty() {
                match socket.write(subscriber.output()) {
                    Ok(0) => is_here = false,
                    Ok(len) => subscriber.sent(len, now_ns),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => is_here = is_for_now(error.kind()),
                }
            }
            is_here &= subscriber.cut_off().is_none();
            if !is_here {
                market.disconnect(*number);
            }
            is_here
        });
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Whether it is worth trying again.
const fn is_for_now(error: ErrorKind) -> bool {
    matches!(error, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
