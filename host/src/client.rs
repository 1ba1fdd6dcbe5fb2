//! A client of a venue: its session goes on after any break, without loss and without duplicate.

mod session;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ringfence_core::wire::{CommandRecord, EventRecord};

pub use session::{Refusal, Session};

/// A session and its connection, which is made anew when it breaks.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    session: Session,
    stream: Option<TcpStream>,
    /// When the next try to connect is due.
    try_at: Instant,
    said_at: Instant,
}

/// How long to wait between tries to connect.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a try may take.
const TRY: Duration = Duration::from_secs(1);

/// How often a sign of life is given.
const HEARTBEAT: Duration = Duration::from_millis(500);

impl Client {
    /// A client of the venue at `address`. It connects when it is driven.
    #[must_use]
    pub fn new(address: SocketAddr, account: u32, secret: &str) -> Self {
        let now = Instant::now();
        let session = Session::new(account, secret);
        Self { address, session, stream: None, try_at: now, said_at: now }
    }

    /// Goes on with the venue at another address.
    pub fn move_to(&mut self, address: SocketAddr) {
        self.address = address;
        self.stream = None;
    }

    /// Takes a command, to be sent as soon as it can be; returns its number, which the first
    /// welcome changes where the account sent commands before: see [`Session::send`].
    pub fn send(&mut self, command: &CommandRecord) -> u64 {
        self.session.send(command)
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Sends what waits and takes what came, without waiting; connects where there is no connection.
    /// `hear` is told of each event, once, with its number. Returns whether anything came or went.
    ///
    /// # Errors
    ///
    /// [`Refusal`] where the venue wants nothing of this client, so that trying again is no use.
    pub fn drive(&mut self, hear: &mut impl FnMut(u64, &EventRecord)) -> Result<bool, Refusal> {
        if self.stream.is_none() && !self.connect() {
            return Ok(false);
        }
        if self.said_at.elapsed() >= HEARTBEAT {
            self.said_at = Instant::now();
            self.session.say_hello();
        }
        let wrote = self.write();
        let read = self.read(hear)?;
        Ok(wrote || read)
    }

    /// Drives until every command that was taken is done, or `patience` is over; true where all are.
    ///
    /// # Errors
    ///
    /// As [`drive`](Self::drive).
    pub fn settle(
        &mut self,
        patience: Duration,
        hear: &mut impl FnMut(u64, &EventRecord),
    ) -> Result<bool, Refusal> {
        let begun = Instant::now();
        while !self.session.is_done() && begun.elapsed() < patience {
            if !self.drive(hear)? {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
        Ok(self.session.is_done())
    }

    fn connect(&mut self) -> bool {
        if Instant::now() < self.try_at {
            return false;
        }
        self.try_at = Instant::now() + PAUSE;
        let Ok(stream) = TcpStream::connect_timeout(&self.address, TRY) else { return false };
        if stream.set_nonblocking(true).is_err() {
            return false;
        }
        // Without it, packets leave later.
        _ = stream.set_nodelay(true);
        self.session.connect();
        self.stream = Some(stream);
        self.said_at = Instant::now();
        true
    }

    fn write(&mut self) -> bool {
        let mut wrote = false;
        while let Some(stream) = &mut self.stream {
            let output = self.session.output();
            if output.is_empty() {
                break;
            }
            match stream.write(output) {
                Ok(len) => {
                    self.session.wrote(len);
                    (wrote, self.said_at) = (true, Instant::now());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => self.lose(&error),
            }
        }
        wrote
    }

    fn read(&mut self, hear: &mut impl FnMut(u64, &EventRecord)) -> Result<bool, Refusal> {
        let mut read = false;
        while let Some(stream) = &mut self.stream {
            match stream.read(self.session.space()) {
                Ok(0) => self.stream = None,
                Ok(len) => {
                    read = true;
                    if !self.session.received(len, hear)? {
                        self.stream = None;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => self.lose(&error),
            }
        }
        Ok(read)
    }

    fn lose(&mut self, error: &io::Error) {
        if error.kind() != ErrorKind::Interrupted {
            self.stream = None;
        }
    }
}
